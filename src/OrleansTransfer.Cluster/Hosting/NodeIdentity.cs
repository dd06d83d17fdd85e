namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Who this node is and what it offers; one instance per process, set by the composition root.</summary>
/// <param name="Name">Name of the node, unique in the cluster; also the silo's name.</param>
/// <param name="Http">Address of the node's HTTP API, for instance <c>http://127.0.0.1:8080</c>.</param>
/// <param name="Devices">Devices it offers: <c>cpu:0</c>, <c>cuda:0</c>, ...</param>
/// <param name="CacheFolder">Local folder for files fetched from a remote container.</param>
public sealed record NodeIdentity(string Name, string Http, IReadOnlyList<string> Devices, string CacheFolder);
