using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;

namespace OrleansTransfer.Cluster.Tests.Exchange;

public class ExchangeOptionsTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(256 * 1024)]
    [InlineData(SegmentFrame.MaximumLength)]
    public void A_segment_that_can_be_sent_is_accepted(int length) => Assert.True(Validate(new() { SegmentLength = length }).Succeeded);

    [Theory]
    [InlineData(0)]
    [InlineData(-16)]
    [InlineData(24)]
    [InlineData(SegmentFrame.MaximumLength + 16)]
    public void Other_segments_are_refused_with_their_length(int length) =>
        Assert.Contains($"is {length} values", Validate(new() { SegmentLength = length }).FailureMessage);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_deadline_must_lie_ahead(int seconds) =>
        Assert.Contains("join deadline", Validate(new() { JoinDeadline = TimeSpan.FromSeconds(seconds) }).FailureMessage);

    private static ValidateOptionsResult Validate(ExchangeOptions options) => new ExchangeOptionsValidator().Validate(null, options);
}
