namespace OrleansTransfer.Storage;

/// <summary>Names of everything the project keeps in a container.</summary>
public static class BlobLayout
{
    /// <summary>Prefix of all experiments.</summary>
    public const string Experiments = "experiments/";

    /// <summary>Prefix of one experiment, with a trailing slash.</summary>
    public static string Experiment(string id) => $"{Experiments}{id}/";

    /// <summary>The resolved recipe.</summary>
    public static string Recipe(string id) => $"{Experiment(id)}recipe.yaml";

    /// <summary>The samples of the run and their split.</summary>
    public static string Dataset(string id) => $"{Experiment(id)}dataset.json";

    /// <summary>Tokenizer and sizes of the run's text encoder; only where it has one.</summary>
    public static string Encoder(string id) => $"{Experiment(id)}encoder.json";

    /// <summary>Words and sizes of the finished model of word vectors that the run adapts; only where it does.</summary>
    public static string Words(string id) => $"{Experiment(id)}words.json";

    /// <summary>A piece of the append-only history.</summary>
    public static string Events(string id, int number) => $"{Experiment(id)}events/{number:D8}.jsonl";

    /// <summary>Prefix of all checkpoints, with a trailing slash.</summary>
    public static string Checkpoints(string id) => $"{Experiment(id)}checkpoints/";

    /// <summary>Prefix of one checkpoint, with a trailing slash.</summary>
    public static string Checkpoint(string id, long step, string attempt) => $"{Checkpoints(id)}{step:D8}-{attempt}/";

    /// <summary>Prefix of the bundle, with a trailing slash.</summary>
    public static string Bundle(string id) => $"{Experiment(id)}bundle/";

    /// <summary>Prefix of all sweeps.</summary>
    public const string Sweeps = "sweeps/";

    /// <summary>What a sweep is about.</summary>
    public static string Sweep(string id) => $"{Sweeps}{id}/sweep.json";

    /// <summary>A piece of a sweep's append-only ledger.</summary>
    public static string Ledger(string id, int number) => $"{Sweeps}{id}/ledger/{number:D8}.jsonl";

    /// <summary>Many pieces of a sweep's ledger in one.</summary>
    public static string LedgerChapter(string id, int number) => $"{Sweeps}{id}/chapters/{number:D6}.jsonl";

    /// <summary>Prefix of the marks of sweeps that have not ended.</summary>
    public const string ActiveSweeps = "active-sweeps/";

    /// <summary>Imported pretrained weights, by the SHA-256 of their content in lower-case hex.</summary>
    public static string Weights(string sha256) => $"weights/{sha256}";
}
