using OrleansTransfer.Learning.Transfer;

namespace OrleansTransfer.Learning.Tests.Transfer;

public class TransferMethodsTests
{
    private static readonly string[] Stages = ["stem", "layer1", "layer2", "layer3", "layer4"];

    [Fact]
    public void Feature_extraction_trains_no_stage() => Assert.Empty(Assert.Single(Plan("feature-extraction", 5)).TrainableStages);

    [Fact]
    public void Fine_tuning_trains_the_selected_stages()
    {
        var phase = Assert.Single(Plan("fine-tune", 5));
        Assert.Equal(["layer3", "layer4"], phase.TrainableStages);
        Assert.Equal((5, 1e-3, 0.1), (phase.Epochs, phase.LearningRate, phase.BackboneFactor));
    }

    [Theory]
    [InlineData(2, null, 1)]
    [InlineData(3, null, 1)]
    [InlineData(5, null, 2)]
    [InlineData(10, null, 3)]
    [InlineData(10, 6, 6)]
    public void Lp_ft_probes_and_then_fine_tunes(int epochs, int? probeEpochs, int expected)
    {
        var phases = Plan("lp-ft", epochs, probeEpochs: probeEpochs);
        Assert.Equal(["linear-probe", "fine-tune"], phases.Select(phase => phase.Name));
        Assert.Equal([expected, epochs - expected], phases.Select(phase => phase.Epochs));
        Assert.Empty(phases[0].TrainableStages);
        Assert.Equal(["layer3", "layer4"], phases[1].TrainableStages);
    }

    [Fact]
    public void Gradual_unfreezing_adds_a_stage_per_epoch_from_the_last()
    {
        var phases = Plan("gradual", 9, "last-3-stages");
        Assert.Equal([1, 1, 1, 6], phases.Select(phase => phase.Epochs));
        Assert.Equal(["", "layer4", "layer3 layer4", "layer2 layer3 layer4"], phases.Select(phase => string.Join(' ', phase.TrainableStages)));
    }

    [Fact]
    public void Gradual_unfreezing_joins_stages_when_epochs_are_few()
    {
        var phases = Plan("gradual", 3, "all");
        Assert.Equal([1, 1, 1], phases.Select(phase => phase.Epochs));
        Assert.Equal([0, 2, 5], phases.Select(phase => phase.TrainableStages.Count));
    }

    [Theory]
    [InlineData("lp-ft", 1, "all", "at least 2 epochs")]
    [InlineData("lp-ft", 4, "none", "feature-extraction")]
    [InlineData("gradual", 1, "all", "at least 2 epochs")]
    [InlineData("gradual", 4, "none", "feature-extraction")]
    [InlineData("fine-tune", 0, "all", "at least 1")]
    [InlineData("distill", 4, "all", "feature-extraction, fine-tune, lp-ft, gradual")]
    public void What_does_not_fit_is_said(string method, int epochs, string unfreeze, string expected) =>
        Assert.Contains(expected, Assert.Throws<LearningException>(() => Plan(method, epochs, unfreeze)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_probe_must_leave_an_epoch() => Assert.Throws<LearningException>(() => Plan("lp-ft", 4, probeEpochs: 4));

    private static IReadOnlyList<Phase> Plan(string method, int epochs, string unfreeze = "last-2-stages", int? probeEpochs = null) =>
        TransferMethods.Plan(method, new(epochs, unfreeze, 1e-3, 0.1, probeEpochs), Stages);
}
