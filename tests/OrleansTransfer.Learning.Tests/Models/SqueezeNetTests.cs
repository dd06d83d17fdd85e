using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class SqueezeNetTests
{
    private const int Heads = 40, Pictures = 6;

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    public void A_new_head_starts_with_every_class_alive_in_every_picture(int classes)
    {
        using var model = Fresh(classes);
        var (tied, deadClasses, probabilities) = Survey(model, classes, withBias: true);
        Assert.Equal((0, 0), (tied, deadClasses));

        // That is the bias' doing, which no probability depends on as long as all classes are alive.
        var without = Survey(model, classes, withBias: false);
        Assert.True(without.Tied > 0 && without.DeadClasses > Heads / 10, $"{without.Tied} with ties, {without.DeadClasses} with dead classes.");
        Assert.All(probabilities, probability => Assert.Equal(1.0 / classes, probability, 0.5 / classes));
    }

    private static SqueezeNet Fresh(int classes)
    {
        var model = SqueezeNet.Version11(classes);
        model.Initialize(1);
        return model;
    }

    /// <summary>
    /// Of many heads: those with a picture whose logits are 0 for two classes, those with a class that is 0 for all, and mean probabilities.
    /// </summary>
    private static (int Tied, int DeadClasses, IReadOnlyList<float> Probabilities) Survey(SqueezeNet model, int classes, bool withBias)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var pictures = rand(Pictures, 3, 64, 64, generator: generator).Plus(rand(Pictures, 3, 1, 1, generator: generator));
        var (tied, dead) = (0, 0);
        List<float> probabilities = [];
        for (var seed = 0; seed < Heads; seed++)
        {
            using var inner = NewDisposeScope();
            model.ReplaceHead(classes, 0, seed);
            if (!withBias) model.named_parameters().Single(entry => entry.name == "classifier.1.bias").parameter.zero_();
            var logits = model.call(pictures);
            var zero = logits.to(ScalarType.Bool).logical_not().to(ScalarType.Int64); // [pictures,K]
            if (zero.sum([1L]).max().item<long>() > 1) tied++;
            if (zero.sum([0L]).max().item<long>() == Pictures) dead++;
            probabilities.AddRange(logits.softmax(1).mean([0L]).data<float>());
        }
        return (tied, dead, probabilities);
    }
}
