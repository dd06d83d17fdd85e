using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>One line of a sweep's ledger. Applying all lines in their order gives the sweep as it is. One of the members but the time has a value.</summary>
public sealed record SweepEntry
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>When it was written.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What happened to a trial, as the tuning library has it.</summary>
    public TrialEvent? Trial { get; init; }

    /// <summary>An experiment is started, or started again, for a trial.</summary>
    public AttemptEntry? Attempt { get; init; }

    /// <summary>A trial's experiment has ended, and nothing of it is awaited until the next attempt.</summary>
    public SettledEntry? Settled { get; init; }

    /// <summary>The sweep has another state.</summary>
    public StateEntry? State { get; init; }

    /// <summary>The sweep has another budget.</summary>
    public SweepBudgetRecipe? Budget { get; init; }

    /// <summary>The sweep is driven by another process.</summary>
    public ExperimentOwner? Owner { get; init; }

    /// <summary>As a line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>The entry of a line.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static SweepEntry Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<SweepEntry>(line, s_json) ?? throw new InvalidDataException("A line of the ledger says null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A line of the ledger is not an entry: {e.Message}", e);
        }
    }
}

/// <summary>The start of an experiment for a trial.</summary>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Number">From 1; rises when infrastructure failed under the one before, and when the trial goes on after a pause.</param>
/// <param name="Experiment">Its id.</param>
/// <param name="Step">Steps that the experiment had done then.</param>
/// <param name="Fruitless">How many attempts in a row before it brought no step.</param>
/// <param name="Inherited">Whose weights it starts from; null where they are the trial's own.</param>
public sealed record AttemptEntry(int Trial, int Number, string Experiment, long Step = 0, int Fruitless = 0, InheritedEntry? Inherited = null);

/// <summary>That an attempt starts from another trial's weights.</summary>
/// <param name="Epoch">Epochs the trial had trained.</param>
/// <param name="From">Number of the trial whose weights they are.</param>
/// <param name="Weights">What was copied; null where that trial had no checkpoint, and this one goes on with its own weights.</param>
/// <param name="NextEvent">Number of the first event of the trial's experiment that belongs to the attempt.</param>
public sealed record InheritedEntry(int Epoch, int From, InheritedWeights? Weights, long NextEvent);

/// <summary>Where weights come from.</summary>
/// <param name="Experiment">The experiment that trained them.</param>
/// <param name="Checkpoint">Name of its checkpoint.</param>
/// <param name="Epoch">Epochs trained in it.</param>
/// <param name="Sha256">SHA-256 of its file of weights, in lower-case hex.</param>
public sealed record InheritedWeights(string Experiment, string Checkpoint, int Epoch, string Sha256);

/// <summary>The end of an experiment of a trial.</summary>
/// <param name="Trial">Number of the trial.</param>
/// <param name="DeviceSeconds">Seconds of training of all its devices together, over all attempts.</param>
public sealed record SettledEntry(int Trial, double DeviceSeconds);

/// <summary>A change of state.</summary>
/// <param name="State">The new one.</param>
/// <param name="Reason">Why.</param>
public sealed record StateEntry(SweepState State, string? Reason);
