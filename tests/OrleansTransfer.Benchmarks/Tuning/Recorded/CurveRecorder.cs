using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Benchmarks.Tuning.Recorded;

/// <summary>
/// Records the learning curves of <see cref="RecordedCurves"/>: a small network that knows MNIST's digits is fine-tuned on a few of USPS's, with many
/// configurations, by the library's own training loop. Options: <c>--digits ../shared/data/digits --configurations 400 --to FILE</c>.
/// </summary>
internal static class CurveRecorder
{
    private const int Classes = 10, SourceSamples = 2000, SourceEpochs = 5, TrainingSamples = 400, ValidationSamples = 1000, Seed = 42;

    public static void Run(Options options)
    {
        var (digits, file) = (options.Text("digits", "../shared/data/digits"), options.Text("to", "recorded-curves.csv"));
        ComputeThread.Configure(1);
        using var source = HeldPictures.Read(Path.Combine(digits, "mnist10k-images-idx3-ubyte.gz"), SourceSamples);
        using var train = HeldPictures.Read(Path.Combine(digits, "usps-train-images-idx3-ubyte.gz"), TrainingSamples);
        using var validation = HeldPictures.Read(Path.Combine(digits, "usps-test-images-idx3-ubyte.gz"), ValidationSamples);
        using var pretrained = new SmallNetwork(Classes);
        pretrained.Initialize(Seed);
        Train(pretrained, new("fine-tune", "all", 3e-3, 0, 64, 0, "adamw", SourceEpochs), source, validation);

        var study = new Study(new()
        {
            Parameters = RecordedCurves.Space.Parameters,
            Budget = new(options.Number("configurations", 400), RecordedCurves.Epochs),
            Sampler = new("sobol"),
        });
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Wrong of {ValidationSamples} validation samples after each of {RecordedCurves.Epochs} epochs; ")
            .Append("fewer values: training diverged. Columns of a configuration in the order of RecordedCurves.Space.\n");
        var (started, runs, diverged) = (Stopwatch.GetTimestamp(), 0, 0);
        while (study.Ask() is { } trial)
        {
            using var model = new SmallNetwork(Classes);
            model.load_state_dict(pretrained.state_dict());
            var wrong = Train(model, SettingsOf(trial.Configuration), train, validation);
            study.Tell(trial.Number, wrong.Count == 0 ? 1 : wrong[^1]);
            text.AppendJoin(',', RecordedCurves.Space.Parameters.Select(parameter => Text(trial.Configuration[parameter.Path])))
                .Append(';').AppendJoin(' ', wrong).Append('\n');
            runs++;
            if (wrong.Count < RecordedCurves.Epochs) diverged++;
        }
        File.WriteAllText(file, text.ToString());
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "tuning",
            part = "record",
            configurations = runs,
            diverged,
            seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1),
            file = Path.GetFullPath(file),
        }));
    }

    // Five digits: neighbours are farther apart.
    private static string Text(ParameterValue value) =>
        value.Kind == ParameterValueKind.Number ? value.Number.ToString("G5", CultureInfo.InvariantCulture) : value.ToString();

    private static Settings SettingsOf(Configuration configuration) => new(
        "fine-tune", configuration["transfer.unfreeze"].Text, configuration["training.optimizer.learningRate"].Number,
        configuration["training.optimizer.weightDecay"].Number, (int)configuration["training.batchSize"].Number,
        configuration["model.head.dropout"].Number, configuration["training.optimizer.type"].Text, RecordedCurves.Epochs);

    /// <summary>Trains, and returns how many validation samples are wrong after each epoch, up to where the training diverges.</summary>
    private static IReadOnlyList<int> Train(SmallNetwork model, Settings settings, HeldPictures train, HeldPictures validation)
    {
        model.ReplaceHead(Classes, settings.Dropout, Seed);
        var phases = TransferMethods.Plan(settings.Method, new(settings.Epochs, settings.Unfreeze, settings.Rate, 1), model);
        var plan = new TrainingPlan(
            model.Architecture, Classes, settings.Dropout, phases, BatchNormPolicy.Frozen, Enum.Parse<OptimizerKind>(settings.Optimizer, ignoreCase: true),
            settings.Decay, ScheduleKind.OneCycle, Seed);
        using var replica = new Replica(plan, model, TorchSharp.torch.CPU);
        using var samples = train.In(new(train.Count, settings.BatchSize, Seed, shuffle: true));
        using var held = validation.In(new(validation.Count, 500, Seed, shuffle: false));
        var data = TrainingData.Supervised(samples, held, [.. Enumerable.Range(0, Classes).Select(digit => $"{digit}")]);
        var observer = new Observer();
        try
        {
            new TrainingLoop(replica, new SupervisedObjective(), data, new NoExchange(), observer).Run(TrainingPosition.Start, CancellationToken.None);
        }
        catch (NonFiniteLossException)
        {
            // What there is up to here is the curve.
        }
        return observer.Wrong;
    }

    private sealed record Settings(
        string Method, string Unfreeze, double Rate, double Decay, int BatchSize, double Dropout, string Optimizer, int Epochs);

    private sealed class Observer : ITrainingObserver
    {
        public List<int> Wrong { get; } = [];

        public void OnStep(StepReport report) { }

        public void OnEpoch(EpochReport report) => Wrong.Add((int)Math.Round((1 - report.Validation!.Accuracy) * ValidationSamples));

        public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch) => false;

        public void OnCheckpoint(ReplicaCheckpoint checkpoint) => checkpoint.Dispose();
    }
}
