using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Text.Unicode;

/// <summary>
/// Unicode's normalisation form C (Unicode Standard Annex 15): one spelling for characters that can be written with combining marks or without. The
/// platform's own leaves every string as it is where globalization is invariant, so tables and texts would not meet.
/// </summary>
internal static class ComposedForm
{
    private const int FirstCombining = 0x300;
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28;

    private static readonly Dictionary<int, byte> s_classes = [];
    private static readonly Dictionary<int, (int First, int Second)> s_decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> s_compositions = [];

    static ComposedForm()
    {
        var name = typeof(ComposedForm).Namespace + ".canonical.txt";
        using var reader = new StreamReader(typeof(ComposedForm).Assembly.GetManifestResourceStream(name)!, Encoding.ASCII);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "class":
                    var combining = byte.Parse(fields[3], CultureInfo.InvariantCulture);
                    for (var code = Code(1); code <= Code(2); code++) s_classes[code] = combining;
                    break;
                case "pair":
                    s_decompositions[Code(1)] = (Code(2), Code(3));
                    s_compositions[(Code(2), Code(3))] = Code(1);
                    break;
                default:
                    s_decompositions[Code(1)] = (Code(2), fields.Length > 3 ? Code(3) : 0);
                    break;
            }

            int Code(int place) => int.Parse(fields[place], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
    }

    /// <summary><paramref name="text"/> in form C; halves of surrogate pairs become U+FFFD.</summary>
    public static string Of(string text)
    {
        // Nothing below the first combining mark changes.
        if (!text.AsSpan().ContainsAnyInRange((char)FirstCombining, char.MaxValue)) return text;
        var characters = Decomposed(text);
        Compose(characters);
        var result = new StringBuilder(text.Length);
        foreach (var (code, _) in characters) result.Append(new Rune(code).ToString());
        return result.ToString();
    }

    /// <summary>
    /// The characters of <paramref name="text"/> in form D, bases and marks apart, with their canonical combining classes: 0 for what does not
    /// combine.
    /// </summary>
    public static List<(int Code, byte Class)> Decomposed(string text)
    {
        List<(int Code, byte Class)> characters = new(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, characters);
        Order(characters);
        return characters;
    }

    private static byte Class(int code) => code < FirstCombining ? (byte)0 : s_classes.GetValueOrDefault(code);

    private static void Decompose(int code, List<(int, byte)> into)
    {
        if (code - HangulBase is >= 0 and < Leads * Vowels * Trails and var syllable)
        {
            into.Add((LeadBase + (syllable / (Vowels * Trails)), 0));
            into.Add((VowelBase + (syllable / Trails % Vowels), 0));
            if (syllable % Trails != 0) into.Add((TrailBase + (syllable % Trails), 0));
        }
        else if (code >= 0xC0 && s_decompositions.TryGetValue(code, out var parts))
        {
            Decompose(parts.First, into);
            if (parts.Second != 0) Decompose(parts.Second, into);
        }
        else
        {
            into.Add((code, Class(code)));
        }
    }

    // Marks after one base stand in the order of their classes; those of one class keep theirs.
    private static void Order(List<(int Code, byte Class)> characters)
    {
        for (var i = 1; i < characters.Count; i++)
        {
            var moved = characters[i];
            if (moved.Class == 0) continue;
            var to = i;
            for (; to > 0 && characters[to - 1].Class > moved.Class; to--) characters[to] = characters[to - 1];
            characters[to] = moved;
        }
    }

    private static void Compose(List<(int Code, byte Class)> characters)
    {
        var (starter, length) = (-1, 0);
        for (var i = 0; i < characters.Count; i++)
        {
            var (code, combining) = characters[i];
            // A mark is blocked from its base by another of its class or a higher one that stayed between them.
            var adjacent = length - 1 == starter;
            if (starter >= 0 && (adjacent || (combining != 0 && characters[length - 1].Class < combining))
                && Composed(characters[starter].Code, code) is { } composed)
            {
                characters[starter] = (composed, 0);
                continue;
            }
            if (combining == 0) starter = length;
            characters[length++] = (code, combining);
        }
        characters.RemoveRange(length, characters.Count - length);
    }

    private static int? Composed(int first, int second)
    {
        if (first - LeadBase is >= 0 and < Leads and var lead && second - VowelBase is >= 0 and < Vowels and var vowel)
            return HangulBase + (((lead * Vowels) + vowel) * Trails);
        if (first - HangulBase is >= 0 and < Leads * Vowels * Trails and var syllable && syllable % Trails == 0
            && second - TrailBase is > 0 and < Trails and var trail)
            return first + trail;
        return s_compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }
}
