using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Evaluation.Validators;

namespace OrleansTransfer.Learning.Tests.Evaluation.Validators;

public class ValidatorTests
{
    public static TheoryData<string> All => [.. UnsupervisedValidators.All.Select(validator => validator.Name)];

    [Fact]
    public void Information_maximisation_wants_decisions_for_all_classes()
    {
        Assert.Equal(Math.Log(2), Score("im", Outputs([[20, 0], [0, 20]])), 1e-6);
        Assert.Equal(0, Score("im", Outputs([[20, 0], [20, 0]])), 1e-6);
        Assert.Equal(0, Score("im", Outputs([[0, 0], [0, 0]])), 1e-6);
    }

    [Fact]
    public void Entropy_is_blind_to_a_model_that_calls_everything_the_same()
    {
        Assert.Equal(0, Score("entropy", Outputs([[20, 0], [20, 0]])), 1e-6);
        Assert.Equal(-Math.Log(2), Score("entropy", Outputs([[0, 0], [0, 0]])), 1e-6);
    }

    [Fact]
    public void Neighbourhood_density_is_the_entropy_of_similarities()
    {
        // Three samples alike and one apart: for each of the three, two neighbours at similarity 1 and one at 0.
        var outputs = Outputs([[50, 0], [50, 0], [50, 0], [0, 50]]);
        var (near, far) = (Math.Exp(1 / 0.05), 1.0);
        double Entropy(params double[] weights) => weights.Sum(weight => -weight / weights.Sum() * Math.Log(weight / weights.Sum()));
        Assert.Equal((3 * Entropy(near, near, far) + Entropy(far, far, far)) / 4, Score("snd", outputs), 1e-6);
    }

    [Fact]
    public void Class_clusters_are_judged_by_their_silhouette()
    {
        Assert.True(Score("class-cluster", Clusters(mixed: false)) > 0.8);
        Assert.True(Score("class-cluster", Clusters(mixed: true)) < 0.1);
        Assert.True(double.IsNaN(Score("class-cluster", Outputs([[20, 0], [20, 0], [20, 0]]))));
    }

    [Fact]
    public void Dev_counts_errors_where_the_target_lies()
    {
        // Source samples near the target are judged wrongly in the one case, those far from it in the other.
        var random = new Random(4);
        float[] Near() => [3 + (float)random.NextDouble(), 0];
        float[] Far() => [(float)random.NextDouble() - 3, 0];
        var target = new SampleOutputs([.. Enumerable.Repeat((float[])[1, 0], 80)], [.. Enumerable.Range(0, 80).Select(_ => Near())], new int[80]);
        SampleOutputs Source(bool wrongNear) => new(
            [.. Enumerable.Range(0, 80).Select(i => (i < 20) == wrongNear ? (float[])[0, 9] : [9, 0])],
            [.. Enumerable.Range(0, 80).Select(i => i < 20 ? Near() : Far())],
            new int[80]);
        var validator = new DeepEmbeddedValidation();
        Assert.True(validator.Score(new(Source(wrongNear: false), target)) > validator.Score(new(Source(wrongNear: true), target)) + 0.3);
    }

    [Fact]
    public void Domains_that_are_the_same_cannot_be_told_apart_and_others_can()
    {
        var random = new Random(2);
        float[][] Cloud(double shift) => [.. Enumerable.Range(0, 200).Select(_ => (float[])[(float)(random.NextDouble() + shift), (float)random.NextDouble()])];
        Assert.InRange(DomainClassifier.ProxyADistance(Cloud(0), Cloud(0)), 0, 0.35);
        Assert.InRange(DomainClassifier.ProxyADistance(Cloud(0), Cloud(2)), 1.95, 2);
        Assert.InRange(DomainClassifier.ProxyADistance(Cloud(0), Cloud(0.5)), 0.5, 1.6);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_score_is_a_number_or_nan_whatever_comes(string name)
    {
        foreach (var target in new[] { Outputs([[0, 0]]), Outputs([[300, -300], [-300, 300]]), Clusters(mixed: true) })
        {
            var score = Score(name, target);
            Assert.False(double.IsInfinity(score), $"{name}: {score}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Without_a_source_those_that_measure_there_cannot_tell_and_the_others_say_the_same(string name)
    {
        var target = Clusters(mixed: false);
        var expected = name is "dev" or "source-accuracy" ? double.NaN : Score(name, target);
        Assert.Equal(expected, UnsupervisedValidators.All[UnsupervisedValidators.IndexOf(name)].Score(new(null, target)));
    }

    [Fact]
    public void An_unknown_validator_is_named_with_those_there_are()
    {
        Assert.Equal(-1, UnsupervisedValidators.IndexOf("last"));
        Assert.Contains("class-cluster", Assert.Throws<LearningException>(() => UnsupervisedValidators.IndexOf("cluster")).Message);
    }

    [Fact]
    public void A_target_that_lacks_a_class_or_holds_others_is_remarked_on()
    {
        var source = new SampleOutputs(
            [.. Enumerable.Range(0, 30).Select(i => Logits(i % 3, 9))], [.. Enumerable.Repeat(new float[2], 30)],
            [.. Enumerable.Range(0, 30).Select(i => i % 3)]);
        string[] labels = ["a", "b", "c"];
        SampleOutputs Target(Func<int, float[]> logits) => new([.. Enumerable.Range(0, 40).Select(logits)], [.. Enumerable.Repeat(new float[2], 40)], new int[40]);
        Assert.Empty(TargetRemarks.Of(source, Target(i => Logits(i % 3, 9)), labels));
        Assert.Contains("lack 'c'", Assert.Single(TargetRemarks.Of(source, Target(i => Logits(i % 2, 9)), labels)));
        Assert.Contains("50 %", Assert.Single(TargetRemarks.Of(source, Target(i => Logits(i % 3, i < 20 ? 9 : 0.01f)), labels)));

        // Where nothing is known of the source, the target is judged by itself.
        Assert.Empty(TargetRemarks.Of(null, Target(i => Logits(i % 3, 9)), labels));
        Assert.Contains("lack 'c'", Assert.Single(TargetRemarks.Of(null, Target(i => Logits(i % 2, 9)), labels)));
        Assert.DoesNotContain("in the source", Assert.Single(TargetRemarks.Of(null, Target(i => Logits(i % 3, i < 20 ? 9 : 0.01f)), labels)));
    }

    [Fact]
    public void Embedded_groups_stay_together()
    {
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 120).Select(i => Enumerable.Range(0, 8).Select(d => (float)(random.NextDouble() + (d == i % 3 ? 6 : 0))).ToArray())];
        var places = StochasticNeighborEmbedding.Run(rows);
        var agreeing = 0;
        for (var i = 0; i < places.Count; i++)
        {
            var nearest = Enumerable.Range(0, places.Count).Where(j => j != i)
                .MinBy(j => Math.Pow(places[i].X - places[j].X, 2) + Math.Pow(places[i].Y - places[j].Y, 2));
            if (nearest % 3 == i % 3) agreeing++;
        }
        Assert.True(agreeing > 115, $"{agreeing} of 120 have a neighbour of their own group.");
        Assert.All(places, place => Assert.True(place.X is >= 0 and <= 1 && place.Y is >= 0 and <= 1));
    }

    private static float[] Logits(int label, float height) => [.. Enumerable.Range(0, 3).Select(k => k == label ? height : 0)];

    private static double Score(string name, SampleOutputs target)
    {
        var source = new SampleOutputs([[1, 0], [0, 1], [1, 0], [0, 1]], [[0, 1], [1, 0], [0, 1], [1, 0]], [0, 1, 0, 0]);
        return UnsupervisedValidators.All.Single(validator => validator.Name == name).Score(new(source, target));
    }

    private static SampleOutputs Outputs(float[][] logits) => new(logits, [.. logits.Select(row => (float[])[row[0] + 1, row[1]])], new int[logits.Length]);

    private static SampleOutputs Clusters(bool mixed)
    {
        var random = new Random(3);
        float Near(bool far) => (float)random.NextDouble() + (far ? 5 : 0);
        float[][] features = [.. Enumerable.Range(0, 40).Select(i => (float[])[Near(i % 2 == 0), Near(i % 2 == 1)])];
        return new([.. Enumerable.Range(0, 40).Select(i => (mixed ? i / 20 : i % 2) == 0 ? (float[])[5, 0] : [0, 5])], features, new int[40]);
    }
}
