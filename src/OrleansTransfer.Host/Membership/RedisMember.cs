using System.Globalization;
using System.Net;
using System.Text.Json;
using StackExchange.Redis;

namespace OrleansTransfer.Host.Membership;

/// <summary>A silo as a row of the membership in Redis has it.</summary>
/// <param name="Silo">Where other silos reach it.</param>
/// <param name="Clients">Where clients do.</param>
/// <param name="Status">What it is doing.</param>
/// <param name="Alive">When it last said that it lives, UTC.</param>
internal sealed record RedisMember(IPEndPoint Silo, IPEndPoint Clients, SiloStatus Status, DateTime Alive)
{
    /// <summary>The rows that can be read; the others are of a form that this release does not know.</summary>
    public static IReadOnlyList<RedisMember> Read(IEnumerable<HashEntry> membership) =>
        [.. membership.Select(entry => TryRead(entry.Value.ToString())).OfType<RedisMember>()];

    private static RedisMember? TryRead(string row)
    {
        if (!row.StartsWith('{')) return null;
        try
        {
            using var document = JsonDocument.Parse(row);
            var member = document.RootElement;
            var silo = IPEndPoint.Parse(member.GetProperty("SiloAddress").GetProperty("SiloAddress").GetString()!.Split('@')[0]);
            return new(
                silo,
                new(silo.Address, member.GetProperty("ProxyPort").GetInt32()),
                (SiloStatus)member.GetProperty("Status").GetInt32(),
                DateTime.Parse(
                    member.GetProperty("IAmAliveTime").GetString()!,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal));
        }
        catch (Exception exception) when (exception
            is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            return null;
        }
    }
}
