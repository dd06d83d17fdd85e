using OrleansTransfer.Learning.Tests.Compute;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

[Collection(nameof(GarbageCollecting))]
public class AdaptationUnderCollectionTests
{
    public static TheoryData<string> Methods => AdaptationConformanceTests.Methods;

    [Theory]
    [MemberData(nameof(Methods))]
    public void Methods_train_the_same_while_the_garbage_collector_never_rests(string name)
    {
        var method = (IAdaptationMethod)TransferMethods.Get(name);
        var quiet = TwoDomains.Train(method, new NoExchange(), TestContext.Current.CancellationToken);
        using var collector = new RestlessCollector();
        Assert.Equal(quiet.Hashes, TwoDomains.Train(method, new NoExchange(), TestContext.Current.CancellationToken).Hashes);
    }
}
