using System.Security.Claims;

namespace OrleansTransfer.Gateway.Access;

/// <summary>The role of a token, from its claims.</summary>
internal sealed class JwtRoles
{
    private readonly string _claim;
    private readonly Dictionary<string, ApiRole> _roles = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">The options' roles cannot be understood.</exception>
    public JwtRoles(JwtOptions options)
    {
        _claim = options.RoleClaim;
        if (options.Roles is null)
        {
            foreach (var role in Enum.GetValues<ApiRole>()) _roles[role.Name()] = role;
            return;
        }
        foreach (var pair in options.Roles.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=');
            var role = equals > 0 ? ApiRoles.Find(pair[..equals]) : null;
            if (role is null || equals == pair.Length - 1)
                throw new FormatException($"--jwt-roles: '{pair}' is not ROLE=VALUE with one of the roles {string.Join(", ", ApiRoles.Names)}.");
            _roles[pair[(equals + 1)..]] = role.Value;
        }
    }

    /// <summary>The greatest role that the claims give; null if none.</summary>
    public ApiRole? Of(IEnumerable<Claim> claims)
    {
        var found = claims.Where(claim => claim.Type == _claim).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(_roles.ContainsKey).Select(value => _roles[value]).ToList();
        return found.Count == 0 ? null : found.Max();
    }

    /// <summary>What a token lacks that gives no role.</summary>
    public string Lacking => $"its claim '{_claim}' has none of {string.Join(", ", _roles.Keys)}";
}
