using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>Keeps what the loop reports, and asks for checkpoints where a test wants them.</summary>
internal sealed class RecordingObserver : ITrainingObserver
{
    public List<StepReport> Steps { get; } = [];

    public List<EpochReport> Epochs { get; } = [];

    public List<ReplicaCheckpoint> Checkpoints { get; } = [];

    public Func<TrainingPosition, bool, bool> Wants { get; init; } = (_, _) => false;

    public Action<StepReport> AfterStep { get; init; } = _ => { };

    public Func<bool> AsksForPause { get; set; } = () => false;

    public bool WantsPause => AsksForPause();

    public void OnStep(StepReport report)
    {
        Steps.Add(report);
        AfterStep(report);
    }

    public void OnEpoch(EpochReport report) => Epochs.Add(report);

    public bool WantsCheckpoint(TrainingPosition position, bool endOfEpoch) => Wants(position, endOfEpoch);

    public void OnCheckpoint(ReplicaCheckpoint checkpoint) => Checkpoints.Add(checkpoint);
}
