namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Which silos belong to this cluster, or did until lately: a process's experiments are its cluster's to answer for.</summary>
public interface ISiloRegister
{
    /// <summary>Whether a silo of this address is or was a member.</summary>
    bool Contains(string silo);
}
