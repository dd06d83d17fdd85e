using OrleansTransfer.Cli.Api;

namespace OrleansTransfer.Cli.State;

/// <summary>Experiments and sweeps as they are stored where no cluster is running: to look at, not to change.</summary>
internal interface ILocalState : IExperimentReader, ISweepReader, IAsyncDisposable;
