using System.Reflection;
using Orleans;
using Orleans.Concurrency;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Host.Tests.Upgrades;

/// <summary>
/// What nodes of one cluster must agree on to understand each other's messages, and later versions to read what earlier ones stored: one line of text
/// for each alias, member, method, enum value and grain type. The text of a line before the <c>=</c> is what the fact is about.
/// </summary>
internal static class SerializerFacts
{
    private static readonly Assembly[] s_assemblies =
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "OrleansTransfer.*.dll")
            .Where(file => !file.EndsWith(".Tests.dll", StringComparison.Ordinal))
            .Select(file => Assembly.Load(Path.GetFileNameWithoutExtension(file))),
        typeof(NodeHost).Assembly,
    ];

    /// <summary>The protocol that the nodes of this build speak.</summary>
    public static int Protocol => ClusterVersion.Protocol;

    private static IEnumerable<Type> Types => s_assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => !IsGenerated(type));

    /// <summary>All types of this project that the serializer knows.</summary>
    public static IReadOnlyList<Type> Serialized => [.. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];

    /// <summary>All grain interfaces of this project.</summary>
    public static IReadOnlyList<Type> Interfaces =>
        [.. Types.Where(type => type.IsInterface && type.IsAssignableTo(typeof(Orleans.Runtime.IAddressable)))];

    /// <summary>All facts, in order.</summary>
    public static IReadOnlyList<string> All =>
        [.. Serialized.SelectMany(OfType).Concat(Interfaces.SelectMany(OfInterface)).Concat(Enums().SelectMany(OfEnum)).Concat(Grains())
            .Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Members with an id, and whether each id is there once.</summary>
    public static IReadOnlyList<(uint Id, MemberInfo Member, Type Type)> Members(Type type) =>
    [
        .. type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(member => (Id: member.GetCustomAttribute<IdAttribute>()?.Id, Member: member))
            .Where(pair => pair.Id is not null)
            .Select(pair => (
                pair.Id!.Value, pair.Member, pair.Member is PropertyInfo property ? property.PropertyType : ((FieldInfo)pair.Member).FieldType))
            .OrderBy(member => member.Value),
    ];

    /// <summary>The alias of a type or method, or null.</summary>
    public static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;

    private static bool IsGenerated(Type type) => type.FullName!.StartsWith("OrleansCodeGen", StringComparison.Ordinal);

    private static IEnumerable<string> OfType(Type type)
    {
        yield return $"type {Name(type)} = {(type.IsValueType ? "value" : "class")}";
        foreach (var (id, member, memberType) in Members(type)) yield return $"member {Name(type)} {id} = {member.Name} : {Name(memberType)}";
    }

    private static IEnumerable<string> OfInterface(Type type)
    {
        yield return $"interface {Name(type)} = grain";
        foreach (var method in type.GetMethods())
        {
            // A token may come and go: it is no part of the message.
            var parameters = method.GetParameters().Select(parameter => parameter.ParameterType).Where(one => one != typeof(CancellationToken));
            var (takes, oneWay) = (string.Join(", ", parameters.Select(Name)), method.IsDefined(typeof(OneWayAttribute)) ? " one-way" : "");
            yield return $"method {Name(type)} {AliasOf(method) ?? method.Name} = ({takes}) : {Name(method.ReturnType)}{oneWay}";
        }
    }

    private static IEnumerable<string> OfEnum(Type type) =>
        Enum.GetNames(type).Select(name =>
            $"enum {Name(type)} {name} = {Convert.ToInt64(Enum.Parse(type, name))} : {Name(Enum.GetUnderlyingType(type))}");

    private static IEnumerable<string> Grains() => Types
        .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(Grain)))
        .Select(type => $"grain {GrainType(type)} = {string.Join(", ", type.GetInterfaces().Intersect(Interfaces).Select(Name).Order())}");

    // As Orleans names a grain that does not name itself.
    private static string GrainType(Type type) => type.GetCustomAttribute<GrainTypeAttribute>() is { } named
        ? named.GetGrainType(null!, type).ToString()!
        : type.Name.Replace("Grain", "", StringComparison.Ordinal).ToLowerInvariant();

    private static IEnumerable<Type> Enums() => Serialized.SelectMany(type => Members(type).Select(member => member.Type))
        .Concat(Interfaces.SelectMany(type => type.GetMethods()).SelectMany(method =>
            method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)))
        .SelectMany(Parts).Where(type => type.IsEnum).Distinct();

    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { IsArray: true } => Parts(type.GetElementType()!),
        { IsGenericType: true } => type.GetGenericArguments().SelectMany(Parts),
        _ => [type],
    };

    private static string Name(Type type)
    {
        if (AliasOf(type) is { } alias) return alias;
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value) + "?";
        if (!type.IsGenericType) return type.Namespace == "System" ? type.Name : type.FullName!;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
