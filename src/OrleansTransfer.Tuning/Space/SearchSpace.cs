namespace OrleansTransfer.Tuning.Space;

/// <summary>What a search may vary: an ordered set of parameters. Immutable and free of contradictions.</summary>
public sealed class SearchSpace
{
    private readonly Dictionary<string, int> _indices = [];

    // Parents before children; the index of each parameter's parent, -1 for none.
    private readonly int[] _order;
    private readonly int[] _parents;

    /// <exception cref="SpaceException">Something is wrong; names all of it.</exception>
    public SearchSpace(IEnumerable<SearchParameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Parameters = [.. parameters];
        var problems = SpaceChecks.Of(Parameters);
        if (problems.Count > 0) throw new SpaceException(problems);
        for (var i = 0; i < Parameters.Count; i++) _indices[Parameters[i].Path] = i;
        _parents = [.. Parameters.Select(parameter => parameter.When is { } when ? _indices[when.Parent] : -1)];
        _order = [.. Enumerable.Range(0, Parameters.Count).OrderBy(Depth)];
        Cardinality = Product(-1, default);
    }

    /// <inheritdoc cref="SearchSpace(IEnumerable{SearchParameter})"/>
    public SearchSpace(params SearchParameter[] parameters) : this((IEnumerable<SearchParameter>)parameters) { }

    /// <summary>The parameters in the order they were given: the dimensions of the unit cube.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }

    /// <summary>Number of parameters, active or not.</summary>
    public int Dimensions => Parameters.Count;

    /// <summary>Number of different configurations; null when there is no end to them.</summary>
    public long? Cardinality { get; }

    /// <summary>The configuration at a point of the unit cube. Coordinates of parameters whose condition does not hold are not looked at.</summary>
    /// <param name="point">One coordinate per parameter, 0 to 1.</param>
    public Configuration FromUnit(ReadOnlySpan<double> point)
    {
        var values = new ParameterValue?[Dimensions];
        foreach (var index in _order)
            if (Holds(index, values)) values[index] = Parameters[index].FromUnit(point[index]);
        return Assemble(values);
    }

    /// <summary>The point of a configuration: a coordinate per parameter, NaN where it has no value.</summary>
    public double[] ToUnit(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var point = new double[Dimensions];
        for (var i = 0; i < point.Length; i++)
            point[i] = configuration.TryGetValue(Parameters[i].Path, out var value) ? Parameters[i].ToUnit(value) : double.NaN;
        return point;
    }

    /// <summary>What keeps a configuration from being one of this space; empty when it is one.</summary>
    public IReadOnlyList<SpaceProblem> Check(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        List<SpaceProblem> problems = [];
        foreach (var (path, value) in configuration)
        {
            if (_indices.TryGetValue(path, out var index))
            {
                if (!Parameters[index].Allows(value)) problems.Add(new(path, value.ToString(), $"allowed: {Parameters[index].Describe()}"));
                continue;
            }
            var meant = NearestName.Of(path, _indices.Keys) is { } nearest ? $"; did you mean '{nearest}'?" : "";
            problems.Add(new(path, value.ToString(), $"the search has no such parameter{meant}"));
        }
        foreach (var (parameter, index) in Parameters.Select((parameter, index) => (parameter, index)))
        {
            var (wanted, given) = (IsActive(index, configuration), configuration.ContainsKey(parameter.Path));
            if (wanted && !given) problems.Add(new(parameter.Path, "nothing", $"allowed: {parameter.Describe()}"));
            if (given && !wanted)
                problems.Add(new(parameter.Path, configuration[parameter.Path].ToString(), $"it is there only when {parameter.When}"));
        }
        return problems;
    }

    /// <summary>Whether the parameter at an index has a value when the others are as in the configuration.</summary>
    internal bool IsActive(int index, Configuration configuration) => _parents[index] < 0
        || IsActive(_parents[index], configuration) && configuration.TryGetValue(Parameters[_parents[index]].Path, out var value)
            && Parameters[index].When!.Values.Contains(value);

    /// <summary>Parameters in an order in which each comes after the one its condition is about.</summary>
    internal ReadOnlySpan<int> ParentsFirst => _order;

    /// <summary>Whether the condition of the parameter holds, given the values of those before it in <see cref="ParentsFirst"/>.</summary>
    internal bool Holds(int index, ReadOnlySpan<ParameterValue?> values) =>
        _parents[index] < 0 || values[_parents[index]] is { } parent && Parameters[index].When!.Values.Contains(parent);

    internal Configuration Assemble(ReadOnlySpan<ParameterValue?> values)
    {
        List<KeyValuePair<string, ParameterValue>> pairs = new(values.Length);
        for (var i = 0; i < values.Length; i++)
            if (values[i] is { } value) pairs.Add(new(Parameters[i].Path, value));
        return new(pairs);
    }

    private int Depth(int index) => _parents[index] < 0 ? 0 : 1 + Depth(_parents[index]);

    // Configurations of what hangs on one value of a parent: conditions make a forest.
    private long? Product(int parent, ParameterValue value)
    {
        var product = 1L;
        for (var i = 0; i < Dimensions; i++)
        {
            if (_parents[i] != parent || parent >= 0 && !Parameters[i].When!.Values.Contains(value)) continue;
            if (Sum(i) is not { } sum) return null;
            product = sum > long.MaxValue / product ? long.MaxValue : product * sum;
        }
        return product;
    }

    private long? Sum(int index)
    {
        if (Array.IndexOf(_parents, index) < 0) return Parameters[index].Count;
        var sum = 0L;
        foreach (var value in ((ChoiceParameter)Parameters[index]).Values)
        {
            if (Product(index, value) is not { } product) return null;
            sum = product > long.MaxValue - sum ? long.MaxValue : sum + product;
        }
        return sum;
    }
}
