using OrleansTransfer.Host.Doctor;

namespace OrleansTransfer.Host.Tests.Doctor;

public sealed class MachineChecksTests
{
    private const long Giga = 1L << 30;

    [Theory]
    [InlineData(16, 8, CheckState.Ok)]
    [InlineData(16, 1.5, CheckState.Warning)]
    [InlineData(0.5, 8, CheckState.Failed)]
    public void Memory_is_what_may_be_used_and_what_is_left_of_it(double total, double available, CheckState state)
    {
        var result = MachineChecks.Memory((long)(total * Giga), (long)(available * Giga));

        Assert.Equal(state, result.State);
        Assert.Equal(state == CheckState.Ok, result.Fix is null);
    }

    [Theory]
    [InlineData(50, 100, CheckState.Ok)]
    [InlineData(5, 100, CheckState.Warning)]
    [InlineData(200, 4000, CheckState.Ok)]
    [InlineData(0.5, 100, CheckState.Failed)]
    public void A_disk_fails_when_nothing_fits_and_warns_when_little_does(double free, double size, CheckState state)
    {
        var result = MachineChecks.Disk("state", "/data", ((long)(free * Giga), (long)(size * Giga)));

        Assert.Equal(state, result.State);
        Assert.Contains("state (/data)", result.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_looked_at_fails() => Assert.Equal(CheckState.Failed, MachineChecks.Disk("state", "/data", null).State);

    [Theory]
    [InlineData(256, CheckState.Failed)]
    [InlineData(1024, CheckState.Warning)]
    [InlineData(65536, CheckState.Ok)]
    public void Few_open_files_are_told_with_what_to_do(long limit, CheckState state)
    {
        var result = MachineChecks.Files(limit);

        Assert.Equal(state, result.State);
        if (state != CheckState.Ok) Assert.Contains("ulimit -n", result.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_watches_of_files_are_told() => Assert.Equal(
        (CheckState.Warning, CheckState.Ok), (MachineChecks.Watches(8).State, MachineChecks.Watches(128).State));
}
