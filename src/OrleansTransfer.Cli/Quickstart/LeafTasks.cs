using System.Text.Json;
using OrleansTransfer.Learning.Drawing;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>The drawn pictures of a quickstart, in a folder of their own.</summary>
/// <param name="Folder">Absolute path.</param>
internal sealed record LeafTasks(string Folder)
{
    // Written last: a folder without it was not finished, one whose content differs was drawn for another plan.
    private const string Marker = "drawn.json";

    /// <summary>The source task: one folder per species.</summary>
    public string Source => Path.Combine(Folder, "species");

    /// <summary>The few labelled pictures of the target task.</summary>
    public string Train => Path.Combine(Folder, "leaves", "train");

    /// <summary>The pictures of the target task that only judge.</summary>
    public string Test => Path.Combine(Folder, "leaves", "test");

    /// <summary>Draws the pictures unless they are there.</summary>
    /// <returns>The tasks, and whether they had to be drawn.</returns>
    public static (LeafTasks Tasks, bool Drawn) Prepare(string folder, QuickstartPlan plan, CancellationToken cancellationToken)
    {
        var tasks = new LeafTasks(folder);
        var marker = Path.Combine(folder, Marker);
        var contents = JsonSerializer.Serialize(new
        {
            plan.Seed,
            plan.PictureSize,
            plan.PicturesPerSpecies,
            plan.LabelledPerLabel,
            plan.TestPerLabel,
            LeafDataset.Edition,
        });
        if (File.Exists(marker) && File.ReadAllText(marker) == contents) return (tasks, false);

        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        LeafDataset.WriteSource(tasks.Source, plan.PicturesPerSpecies, plan.Seed, plan.PictureSize);
        cancellationToken.ThrowIfCancellationRequested();
        LeafDataset.WriteTarget(Path.Combine(folder, "leaves"), plan.LabelledPerLabel, plan.TestPerLabel, plan.Seed, plan.PictureSize);
        cancellationToken.ThrowIfCancellationRequested();
        File.WriteAllText(marker, contents);
        return (tasks, true);
    }
}
