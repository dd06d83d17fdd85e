using System.Globalization;

namespace OrleansTransfer.Cli.Keys;

/// <summary>Times as options give them.</summary>
internal static class Validity
{
    /// <summary><c>90d</c>, <c>12h</c> or <c>30m</c>.</summary>
    /// <exception cref="CliException">It is none of these.</exception>
    public static TimeSpan Duration(string text, string option) => TryDuration(text)
        ?? throw new CliException($"{option}: '{text}' is not a time such as 90d, 12h or 30m.");

    /// <summary>A moment: after so long from now on, or a date or time, which is UTC where it does not say.</summary>
    /// <exception cref="CliException">It is none of these.</exception>
    public static DateTimeOffset Moment(string text, string option, DateTimeOffset now)
    {
        if (TryDuration(text) is { } duration) return now + duration;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new CliException($"{option}: '{text}' is not a time such as 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z.");
    }

    private static TimeSpan? TryDuration(string text)
    {
        const int longestDays = 36500;
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        TimeSpan? duration = text[^1] switch
        {
            'd' => TimeSpan.FromDays(Math.Min(number, longestDays)),
            'h' => TimeSpan.FromHours(Math.Min(number, 24 * longestDays)),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
        return duration;
    }
}
