namespace OrleansTransfer.Tuning.Registration;

/// <summary>Algorithms of one kind by name.</summary>
public sealed class Catalogue<T>
{
    private readonly string _kind;
    private readonly IReadOnlyList<Entry> _entries;

    internal Catalogue(string kind, IReadOnlyList<Entry> entries) => (_kind, _entries) = (kind, entries);

    /// <summary>The names, in the order in which help lists them.</summary>
    public IReadOnlyList<string> Names => [.. _entries.Select(entry => entry.Name)];

    /// <summary>What the algorithm does, in a few words.</summary>
    /// <exception cref="TuningException">There is none of that name; names the nearest.</exception>
    public string SummaryOf(string name) => Find(name).Summary;

    /// <summary>An algorithm with its options.</summary>
    /// <param name="name">One of <see cref="Names"/>, in exact spelling.</param>
    /// <param name="options">Values by option name; what is left out has its default.</param>
    /// <exception cref="TuningException">No such name, no such option, or an option out of range; says what is allowed.</exception>
    public T Create(string name, IReadOnlyDictionary<string, double>? options = null)
    {
        var entry = Find(name);
        var reader = new OptionReader(name, options);
        var create = entry.Read(reader);
        reader.Finish();
        return create();
    }

    private Entry Find(string name)
    {
        foreach (var entry in _entries) if (entry.Name == name) return entry;
        var meant = NearestName.Of(name, Names) is { } nearest ? $"did you mean '{nearest}'? " : "";
        throw new TuningException($"There is no {_kind} '{name}'; {meant}Known are {string.Join(", ", Names)}.");
    }

    /// <param name="Name">What recipes call it.</param>
    /// <param name="Summary">What it does.</param>
    /// <param name="Read">Reads its options; what comes back makes it, once they are known to be right.</param>
    internal sealed record Entry(string Name, string Summary, Func<OptionReader, Func<T>> Read);
}
