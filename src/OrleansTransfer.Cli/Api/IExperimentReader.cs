using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Api;

/// <summary>What can be known of experiments without changing them.</summary>
internal interface IExperimentReader
{
    /// <summary>All experiments, newest first.</summary>
    Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The experiment whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="CliException">None or several do.</exception>
    Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// The history from sequence number <paramref name="from"/> on; with <paramref name="follow"/> it goes on until the experiment ends.
    /// </summary>
    IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(string id, long from, bool follow, CancellationToken cancellationToken);

    /// <summary>The files of the finished bundle.</summary>
    Task<IReadOnlyList<BundleFile>> ListBundleAsync(string id, CancellationToken cancellationToken);

    /// <summary>The bytes of one of them.</summary>
    Task<Stream> OpenBundleFileAsync(string id, string file, CancellationToken cancellationToken);
}
