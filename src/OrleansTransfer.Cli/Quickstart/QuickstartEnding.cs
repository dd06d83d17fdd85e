using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>Where everything is, and what to type next: every command works as it stands.</summary>
internal static class QuickstartEnding
{
    /// <summary>The last part of the story.</summary>
    /// <param name="suffix">What finds the experiments again, with a leading space.</param>
    public static string Text(QuickstartPlan plan, QuickstartResult result, ExperimentSnapshot source, LeafTasks tasks, string suffix)
    {
        var picture = ShellPath.Of(Path.Combine(tasks.Test, "diseased", "0000.png"));
        var weights = ShellPath.Of(Path.Combine(source.Bundle!, BundleFormat.Model));
        return $"""

               pictures with predictions   {ShellPath.Of(result.Predictions)}
               bundle                      {ShellPath.Of(result.Bundle)}
               report                      {ShellPath.Of(result.Report)}

            Done in {QuickstartStory.Seconds(result.Seconds)} with {plan.Workers} {(plan.Workers == 1 ? "worker" : "workers")}. Next:

              otx predict {result.Transfer.Experiment} {picture}{suffix}
              otx evaluate {result.Transfer.Experiment} {ShellPath.Of(tasks.Test)}{suffix}
              otx export {result.Transfer.Experiment} --to leaf-model{suffix}

            Train on a folder of your own: put it in the place of the drawn one.

              otx train {ShellPath.Of(tasks.Train)} --backbone {plan.Backbone} \
                --weights {weights} \
                --set model.inputSize={plan.InputSize} --set transfer.method=feature-extraction \
                --batch-size 8{suffix}
            """;
    }
}
