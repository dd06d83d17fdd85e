using System.Globalization;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>The words of the quickstart: what each step does and why, and what came of it. Lines fit a terminal of 90 columns.</summary>
internal static class QuickstartStory
{
    // Among some hundred test pictures, a few points either way are luck.
    private const double ClearGain = 0.05;

    /// <summary>What the whole is about.</summary>
    public static string Opening(QuickstartPlan plan) => $"""
        Transfer learning in five steps. The task: tell healthy leaves from diseased ones,
        with {plan.LabelledPerLabel} labelled pictures of each. That is too few to learn from alone, so the network
        first learns a related task that has plenty.
        """;

    /// <summary>Step 1.</summary>
    public static string Drawing(QuickstartPlan plan) => $"""

        1  Draw the pictures
           Source task: {LeafDataset.SourceLabels.Count} species of leaves, {plan.PicturesPerSpecies} pictures each.
           Target task: healthy or diseased leaves of four other species; {plan.LabelledPerLabel} labelled pictures
           of each to learn from, {plan.TestPerLabel} of each put aside to judge with.
        """;

    /// <summary>Step 2.</summary>
    public static string Pretraining(QuickstartPlan plan) => $"""

        2  Pretrain {plan.Backbone} on the source task
           Labels are plenty here, so the network can start from random weights. Telling the
           species apart teaches it edges, veins, freckles and dust. {Count(plan.Workers)}
        """;

    /// <summary>How a training ended.</summary>
    public static string Trained(ExperimentSnapshot experiment)
    {
        var text = $"   {experiment.Step} steps in {Seconds(experiment.Seconds)}";
        if (!QuickstartRunView.ShowsAccuracy(experiment)) return text;
        var (right, guessing) = (Percent(experiment.Metrics["accuracy"]), Percent(1.0 / experiment.Labels.Count));
        return $"{text}; {right} right of {experiment.ValidationSamples} pictures held out (guessing: {guessing})";
    }

    /// <summary>Step 3.</summary>
    public static string Transferring(QuickstartPlan plan) => $"""

        3  Transfer it to the target task
           Keep what was learnt as it is, replace the last layer by a new one for two labels,
           and train only that: with labels this few, changing the rest would do harm.
        """;

    /// <summary>Step 4.</summary>
    public static string FromScratch(QuickstartPlan plan) => $"""

        4  Train the same network from scratch, for comparison
           The same {2 * plan.LabelledPerLabel} pictures and {plan.TargetEpochs} epochs, with random weights to start from and every layer
           free to learn at full speed: what these labels are worth by themselves.
        """;

    /// <summary>Step 5.</summary>
    public static string Judging(QuickstartPlan plan) => $"""

        5  Judge both on the {2 * plan.TestPerLabel} test pictures, which neither has seen
        """;

    /// <summary>The comparison.</summary>
    public static string Table(QuickstartResult result) => $"""

                           accuracy   macro F1   training
           transferred     {Row(result.Transfer)}
           from scratch    {Row(result.Scratch)}
           guessing          50.0 %
        """;

    /// <summary>What was gained, plainly, whatever it is.</summary>
    public static string Verdict(QuickstartResult result)
    {
        var gain = result.Transfer.Accuracy - result.Scratch.Accuracy;
        var points = Math.Abs(gain * 100).ToString("0.0", CultureInfo.InvariantCulture);
        return gain switch
        {
            >= ClearGain => $"""
                   Transfer gained {points} points of accuracy on the same few labels. The {Seconds(result.Source.Seconds)} of
                   pretraining are spent once: its weights serve any further task of this kind.
                """,
            > 0 => $"""
                   Transfer gained {points} points of accuracy: so little may be luck. Another --seed draws
                   other pictures.
                """,
            0 => "   Transfer gained nothing this time. Another --seed draws other pictures.",
            _ => $"   Transfer lost {points} points of accuracy this time. Another --seed draws other pictures.",
        };
    }

    /// <summary>The confusion matrix, indented.</summary>
    public static string Confusion(ClassificationReport report) =>
        "\n   Confusion matrix of the transferred network (columns: predicted, by number)\n\n"
        + string.Concat(ConfusionText.Render(report).TrimEnd().Split('\n').Select(line => $"   {line.TrimEnd()}\n")).TrimEnd('\n');

    /// <summary>Seconds with one digit.</summary>
    public static string Seconds(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Row(TargetResult result) =>
        $"{Percent(result.Accuracy),8}   {Percent(result.MacroF1),8}   {Seconds(result.Seconds),8}";

    private static string Count(int workers) => workers == 1 ? "" : $"""
        {workers} workers share every
           batch and sum their gradients, so that their copies of the network stay the same.
        """;
}
