namespace OrleansTransfer.Tuning;

/// <summary>Something the user asked for that cannot be; the message says what to do.</summary>
public class TuningException(string message) : Exception(message);
