namespace OrleansTransfer.Gateway.Access;

/// <summary>What a caller may do; each role may also do what those before it may.</summary>
public enum ApiRole
{
    /// <summary>Look at everything.</summary>
    Viewer = 1,

    /// <summary>Submit, cancel and resume experiments and sweeps.</summary>
    Operator,

    /// <summary>Delete things and change the cluster.</summary>
    Admin,
}

/// <summary>Roles as files and tokens write them.</summary>
public static class ApiRoles
{
    /// <summary>Their names, the least first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<ApiRole>().Select(Name)];

    /// <summary>A role's name.</summary>
    public static string Name(this ApiRole role) => role.ToString().ToLowerInvariant();

    /// <summary>The role of a name; null where there is none.</summary>
    public static ApiRole? Find(string name) => Enum.GetValues<ApiRole>().Cast<ApiRole?>().FirstOrDefault(role => role!.Value.Name() == name);
}

/// <summary>
/// Marks an endpoint that asks for another role than its method does: GET and HEAD ask for a viewer, POST for an operator, all else for an admin.
/// </summary>
/// <param name="Role">The role.</param>
public sealed record RequiredRole(ApiRole Role);
