namespace OrleansTransfer.Learning.Tests.Data;

/// <summary>Runs the real Pillow where it is installed.</summary>
internal static class Pillow
{
    public static void Run(string script, params string[] arguments) => Python.Run("PIL", script, arguments);
}
