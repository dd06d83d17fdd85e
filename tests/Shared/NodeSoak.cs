using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansTransfer.Soak;

/// <summary>A node of the cluster that is disturbed: a process of its own.</summary>
internal interface ISoakNode : IAsyncDisposable
{
    /// <summary>Name of the node.</summary>
    string Name { get; }

    /// <summary>Sends a signal by its number.</summary>
    void Send(int signal);

    /// <summary>Waits until the process has ended.</summary>
    Task EndAsync();
}

/// <summary>What was done to a node.</summary>
/// <param name="Kind"><c>kill</c>, <c>freeze</c>, <c>leave</c> or <c>join</c>.</param>
/// <param name="Seconds">From then to the next step that counts, in a later generation.</param>
internal sealed record SoakChange(string Kind, double Seconds);

/// <summary>
/// Takes nodes away from a running experiment and adds others, one after the other, by real signals to real processes: kill -9, SIGSTOP (and SIGCONT after
/// the run has gone on: a zombie) and SIGTERM. The first node, which keeps the membership, is left alone.
/// </summary>
/// <param name="http">API of the first node.</param>
/// <param name="experiment">Id of the experiment.</param>
/// <param name="start">Starts a node of this name, with one device, and returns when it is ready.</param>
/// <param name="seed">Of the choices.</param>
internal sealed class NodeSoak(string http, string experiment, Func<string, Task<ISoakNode>> start, int seed)
{
    private const int Kill = 9, Terminate = 15, Continue = 18, Stop = 19;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60), s_zombie = TimeSpan.FromSeconds(3);

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly Random _random = new(seed);

    /// <summary>Makes changes, alternately a loss and a join, until there have been so many or the run has ended.</summary>
    /// <param name="nodes">The nodes besides the first; those started here are added, and those lost are removed.</param>
    /// <param name="changes">How many.</param>
    /// <param name="tell">Hears of each change.</param>
    public async Task<IReadOnlyList<SoakChange>> RunAsync(List<ISoakNode> nodes, int changes, Action<SoakChange> tell)
    {
        var done = new List<SoakChange>();
        for (var number = 1; done.Count < changes; number++)
        {
            var victim = nodes[_random.Next(nodes.Count)];
            var kind = _random.NextDouble() switch { < 0.6 => "kill", < 0.75 => "freeze", _ => "leave" };
            var size = nodes.Count;
            if (await ChangeAsync(kind, size, () => victim.Send(kind switch { "kill" => Kill, "freeze" => Stop, _ => Terminate })) is not { } loss) break;
            Add(loss);
            nodes.Remove(victim);
            if (kind == "freeze")
            {
                // It ends by itself if the cluster has declared it dead; otherwise it is a member like any other, which this run does without.
                victim.Send(Continue);
                await Task.Delay(s_zombie);
                victim.Send(Kill);
            }
            await victim.EndAsync();
            await victim.DisposeAsync();

            ISoakNode? joiner = null;
            if (await ChangeAsync("join", size + 1, async () => nodes.Add(joiner = await start($"s{number}"))) is not { } join) break;
            Add(join);
        }
        return done;

        void Add(SoakChange change)
        {
            done.Add(change);
            tell(change);
        }
    }

    /// <summary>The experiment now.</summary>
    public async Task<JsonElement> NowAsync() => await _client.GetFromJsonAsync<JsonElement>($"{http}/api/v1/experiments/{experiment}");

    private Task<SoakChange?> ChangeAsync(string kind, int workers, Action change) => ChangeAsync(kind, workers, () =>
    {
        change();
        return Task.CompletedTask;
    });

    // Null when the run has ended.
    private async Task<SoakChange?> ChangeAsync(string kind, int workers, Func<Task> change)
    {
        var before = (await NowAsync()).GetProperty("generation").GetInt32();
        await change();

        // A node's start is not the cluster's time: a join counts from when the node is ready.
        var started = Stopwatch.GetTimestamp();
        long? opened = null;
        while (Stopwatch.GetElapsedTime(started) < s_longest)
        {
            var now = await NowAsync();
            var state = now.GetProperty("state").GetString();
            if (state == "Completed") return null;
            if (state is "Failed" or "Cancelled" or "Interrupted") throw new InvalidOperationException($"The run is {state}: {now.GetProperty("reason")}");
            var step = now.GetProperty("step").GetInt64();
            if (now.GetProperty("generation").GetInt32() > before && now.GetProperty("workers").GetArrayLength() == workers)
            {
                opened ??= step;
                if (step > opened) return new(kind, Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
            await Task.Delay(20);
        }
        throw new TimeoutException($"After a {kind} the run did not go on with {workers} workers: {await NowAsync()}");
    }
}
