using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Tuning.Space;

/// <summary>What a <see cref="ParameterValue"/> holds.</summary>
public enum ParameterValueKind
{
    /// <summary>A finite number, whole or not.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,
}

/// <summary>The value of one parameter of one trial. Equal by kind and content; 0 unless it is given another.</summary>
[JsonConverter(typeof(ParameterValueJsonConverter))]
public readonly record struct ParameterValue
{
    private readonly double _number;
    private readonly string? _text;

    private ParameterValue(ParameterValueKind kind, double number, string? text) => (Kind, _number, _text) = (kind, number, text);

    /// <summary>Which of the three it is.</summary>
    public ParameterValueKind Kind { get; }

    /// <summary>The number.</summary>
    /// <exception cref="InvalidOperationException">The value is no number.</exception>
    public double Number => Kind == ParameterValueKind.Number ? _number : throw new InvalidOperationException($"{this} is not a number.");

    /// <summary>The text.</summary>
    /// <exception cref="InvalidOperationException">The value is no text.</exception>
    public string Text => Kind == ParameterValueKind.Text ? _text! : throw new InvalidOperationException($"{this} is not a text.");

    /// <summary>True or false.</summary>
    /// <exception cref="InvalidOperationException">The value is neither.</exception>
    public bool Flag => Kind == ParameterValueKind.Flag ? _number != 0 : throw new InvalidOperationException($"{this} is not true or false.");

    /// <exception cref="ArgumentOutOfRangeException">The number is not finite.</exception>
    public static implicit operator ParameterValue(double value) => double.IsFinite(value)
        ? new(ParameterValueKind.Number, value + 0.0, null) // -0 becomes 0
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A parameter's value is finite.");

    public static implicit operator ParameterValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(ParameterValueKind.Text, 0, value);
    }

    public static implicit operator ParameterValue(bool value) => new(ParameterValueKind.Flag, value ? 1 : 0, null);

    /// <summary>As a recipe writes it: <c>0.001</c>, <c>resnet50</c>, <c>true</c>.</summary>
    public override string ToString() => Kind switch
    {
        ParameterValueKind.Number => _number.ToString("R", CultureInfo.InvariantCulture),
        ParameterValueKind.Text => _text!,
        _ => _number != 0 ? "true" : "false",
    };

    /// <summary>As JSON writes it: texts in quotes.</summary>
    internal string ToJson() => Kind == ParameterValueKind.Text ? JsonSerializer.Serialize(_text) : ToString();
}
