using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>The groups that this node takes part in. One per silo.</summary>
public sealed class GroupRegistry(IOptions<ExchangeOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<GroupKey, Entry> _entries = new();
    private readonly ConcurrentDictionary<string, int> _newest = new();

    /// <summary>Joins a member to its group's session, which the first member of the node makes.</summary>
    /// <exception cref="InvalidOperationException">A newer generation of the group exists.</exception>
    public GroupSession Join(GroupKey key, Func<GroupSession> create)
    {
        var newest = _newest.AddOrUpdate(key.Experiment, key.Generation, (_, known) => Math.Max(known, key.Generation));
        if (newest > key.Generation) throw new InvalidOperationException($"{key} was superseded by generation {newest}.");
        while (true)
        {
            var entry = _entries.GetOrAdd(key, _ => new());
            lock (entry)
            {
                // Forgotten or left by its last member between the two lines above.
                if (!_entries.TryGetValue(key, out var present) || !ReferenceEquals(present, entry)) continue;
                entry.Members++;
                if (entry.Session is { } made) return made;
                var session = entry.Session = create();
                entry.Created.SetResult(session);
                return session;
            }
        }
    }

    /// <summary>Leaves; the last member of the node disposes the session.</summary>
    public void Leave(GroupKey key)
    {
        if (!_entries.TryGetValue(key, out var entry)) return;
        lock (entry)
        {
            if (--entry.Members > 0) return;
            _entries.TryRemove(key, out _);
            entry.Session?.Dispose();
        }
    }

    /// <summary>Ends the waits of a group on this node, if it is here.</summary>
    public void Abort(GroupKey key, string reason)
    {
        if (_entries.TryGetValue(key, out var entry)) entry.Session?.Abort(reason);
    }

    /// <summary>
    /// The session of a group on this node. One that is asked for before its workers have come is waited for, up to the join deadline.
    /// </summary>
    /// <exception cref="InvalidOperationException">The group is superseded, or never came to this node.</exception>
    public async Task<GroupSession> FindAsync(GroupKey key)
    {
        if (_newest.TryGetValue(key.Experiment, out var newest) && newest > key.Generation)
            throw new InvalidOperationException($"{key} was superseded by generation {newest}.");
        var entry = _entries.GetOrAdd(key, _ => new());
        try
        {
            return entry.Session ?? await entry.Created.Task.WaitAsync(options.Value.JoinDeadline, time);
        }
        catch (TimeoutException)
        {
            Forget(key);
            throw new InvalidOperationException($"{key} did not start on this node within {options.Value.JoinDeadline.TotalSeconds:0} s.");
        }
    }

    // Nobody joined: what waited for the group must not keep its name.
    private void Forget(GroupKey key)
    {
        if (!_entries.TryGetValue(key, out var entry)) return;
        lock (entry)
            if (entry.Members == 0) _entries.TryRemove(key, out _);
    }

    private sealed class Entry
    {
        public int Members { get; set; }

        public GroupSession? Session { get; set; }

        public TaskCompletionSource<GroupSession> Created { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
