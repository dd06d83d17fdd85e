using OrleansTransfer.Cli.Api;

namespace OrleansTransfer.Cli.State;

/// <summary>Experiments as they are stored where no cluster is running: to look at, not to change.</summary>
internal interface ILocalState : IExperimentReader, IAsyncDisposable;
