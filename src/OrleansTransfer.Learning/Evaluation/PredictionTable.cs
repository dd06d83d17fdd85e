using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>Predictions as CSV (RFC 4180): the sample, its likeliest label, and the probability of every label.</summary>
public static class PredictionTable
{
    /// <summary>One line per sample, after a head.</summary>
    public static string Render(IReadOnlyList<string> samples, SampleOutputs outputs, IReadOnlyList<string> labels)
    {
        var table = new StringBuilder();
        table.AppendJoin(',', ((string[])["sample", "prediction", .. labels]).Select(Quoted)).Append("\r\n");
        var (predictions, probabilities) = (outputs.Predictions, outputs.Probabilities);
        for (var i = 0; i < outputs.Count; i++)
        {
            table.Append(Quoted(samples[i])).Append(',').Append(Quoted(labels[predictions[i]]));
            foreach (var probability in probabilities[i]) table.Append(',').Append(probability.ToString("0.######", CultureInfo.InvariantCulture));
            table.Append("\r\n");
        }
        return table.ToString();
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
