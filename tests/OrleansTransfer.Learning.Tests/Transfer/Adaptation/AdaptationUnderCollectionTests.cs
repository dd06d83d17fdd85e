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
        var quiet = Train(method);
        using var collector = new RestlessCollector();
        Assert.Equal(quiet, Train(method));
    }

    // Two steps an epoch have all of a method's arithmetic. More take minutes for all methods together, so much is what they do interrupted.
    private static SortedDictionary<string, string> Train(IAdaptationMethod method)
    {
        var exchange = new NoExchange();
        return TwoDomains.Train(method, exchange, TestContext.Current.CancellationToken, data: TwoDomains.Data(method, exchange, stepsPerEpoch: 2)).Hashes;
    }
}
