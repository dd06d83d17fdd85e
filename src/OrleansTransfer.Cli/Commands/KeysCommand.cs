using System.CommandLine;
using OrleansTransfer.Cli.Keys;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx keys</c>: makes, lists, rotates and revokes keys of the API. It works on a file; nodes see it change.</summary>
internal static class KeysCommand
{
    private const string DefaultOverlap = "7d";

    public static Command Create(IConsoleStreams streams) => new("keys", "Keys of a cluster's API: a file of hashes that nodes read (--api-keys).")
    {
        CreateCreate(streams),
        CreateList(streams),
        CreateRotate(streams),
        CreateRevoke(streams),
    };

    private static Command CreateCreate(IConsoleStreams streams)
    {
        var name = new Option<string>("--name") { Description = "Whose key it is.", HelpName = "NAME", Required = true };
        var role = new Option<string>("--role")
        {
            Description = "viewer looks, operator also submits, cancels and resumes, admin may do everything.",
            HelpName = "ROLE",
            Required = true,
        };
        role.AcceptOnlyFromAmong([.. ApiRoles.Names]);
        var expires = TimeOption("--expires", "Until when it is valid: 90d, or a date (default: for ever).");
        var notBefore = TimeOption("--not-before", "From when on it is valid: 2d, or a date (default: now).");
        var command = new Command("create", "Make a key: it is printed once, and its hash is added to the file, or printed.")
        {
            name, role, expires, notBefore,
        };
        var file = FileOption(command);
        var output = new OutputOption(command);
        command.SetAction(parse =>
        {
            var now = DateTimeOffset.UtcNow;
            if (parse.GetRequiredValue(name) is var who && !ApiKeyEntry.IsName(who))
                throw new CliException($"--name: '{who}' is not 1 to 63 letters, digits, '-', '_', '.' or '@'.");
            var (id, key) = ApiKey.Create();
            var entry = new ApiKeyEntry(id, who, ApiRoles.Find(parse.GetRequiredValue(role))!.Value, ApiKey.Hash(key))
            {
                Expires = parse.GetValue(expires) is { } until ? Validity.Moment(until, "--expires", now) : null,
                NotBefore = parse.GetValue(notBefore) is { } from ? Validity.Moment(from, "--not-before", now) : null,
            };
            if (entry.Expires <= now) throw new CliException("--expires: that is over already.");
            var path = PathOf(parse.GetValue(file));
            if (path is not null) KeyStore.Write(path, [.. KeyStore.Read(path), entry]);
            Show(key, entry, path, output.Open(parse, streams));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command CreateList(IConsoleStreams streams)
    {
        var command = new Command("list", "What the file says; never the keys themselves, which are not in it.");
        var file = FileOption(command);
        var output = new OutputOption(command);
        command.SetAction(parse =>
        {
            var path = Needed(parse.GetValue(file));
            if (!File.Exists(path)) throw new CliException($"There is no file '{path}'.");
            var (keys, now, to) = (KeyStore.Read(path), DateTimeOffset.UtcNow, output.Open(parse, streams));
            if (to.Json)
            {
                to.Document(keys.Select(key => new
                {
                    key.Id,
                    key.Name,
                    Role = key.Role.Name(),
                    key.StateAt(now).State,
                    key.NotBefore,
                    key.Expires,
                    key.Revoked,
                }));
            }
            else
            {
                to.Table(["ID", "NAME", "ROLE", "STATE", "EXPIRES"], keys.Select(key =>
                    (string[])[key.Id, key.Name, key.Role.Name(), key.StateAt(now).State, key.Expires is { } time ? Figures.Time(time) : "never"]));
            }
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command CreateRotate(IConsoleStreams streams)
    {
        var id = KeyArgument();
        var overlap = new Option<string>("--overlap")
        {
            Description = $"How long the old key stays valid (default {DefaultOverlap}).",
            HelpName = "TIME",
            DefaultValueFactory = _ => DefaultOverlap,
        };
        var expires = TimeOption("--expires", "Until when the new one is valid: 90d, or a date (default: for ever).");
        var command = new Command("rotate", "Make a key in the place of another one; for a while both are valid.") { id, overlap, expires };
        var file = FileOption(command);
        var output = new OutputOption(command);
        command.SetAction(parse =>
        {
            var (path, now) = (Needed(parse.GetValue(file)), DateTimeOffset.UtcNow);
            var keys = KeyStore.Read(path);
            var old = KeyStore.Find(keys, parse.GetRequiredValue(id), path);
            if (old.Revoked is not null) throw new CliException($"The key {old.Id} was revoked; 'otx keys create' makes another one.");
            var end = now + Validity.Duration(parse.GetRequiredValue(overlap), "--overlap");
            var (newId, key) = ApiKey.Create();
            var entry = new ApiKeyEntry(newId, old.Name, old.Role, ApiKey.Hash(key))
            {
                Expires = parse.GetValue(expires) is { } until ? Validity.Moment(until, "--expires", now) : null,
            };
            var ending = old with { Expires = old.Expires < end ? old.Expires : end };
            KeyStore.Write(path, [.. keys.Select(one => one == old ? ending : one), entry]);
            var to = output.Open(parse, streams);
            Show(key, entry, path, to);
            to.Note($"The old key {old.Id} is valid until {Figures.Time(ending.Expires!.Value)}.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command CreateRevoke(IConsoleStreams streams)
    {
        var id = KeyArgument();
        var command = new Command("revoke", "Withdraw a key at once; it stays in the list.") { id };
        var file = FileOption(command);
        command.SetAction(parse =>
        {
            var path = Needed(parse.GetValue(file));
            var keys = KeyStore.Read(path);
            var entry = KeyStore.Find(keys, parse.GetRequiredValue(id), path);
            var revoked = entry with { Revoked = entry.Revoked ?? DateTimeOffset.UtcNow };
            KeyStore.Write(path, [.. keys.Select(one => one == entry ? revoked : one)]);
            streams.Error.WriteLine($"The key {entry.Id} of {entry.Name} is revoked: nodes refuse it as soon as they see the file.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Show(string key, ApiKeyEntry entry, string? path, Output output)
    {
        var role = entry.Role.Name();
        if (output.Json) output.Document(new { Key = key, entry.Id, entry.Name, Role = role, entry.Hash, entry.NotBefore, entry.Expires });
        else output.Line(key);
        output.Note("This is the only time that the key is shown. OTX_API_KEY and --api-key-file take it.");
        if (path is not null) output.Note($"Its hash is in {path}, as {entry.Id}.");
        else if (!output.Json) output.Note($"The keys file (--api-keys) says of it:\n{ApiKeyFile.Format([entry], json: false)}");
    }

    private static Option<string?> TimeOption(string name, string description) => new(name) { Description = description, HelpName = "TIME" };

    private static Argument<string> KeyArgument() => new("key") { Description = "Id of the key, or its name where only one has it." };

    private static Option<string?> FileOption(Command command)
    {
        var option = new Option<string?>("--file") { Description = "The keys file, YAML or *.json (OTX_API_KEYS).", HelpName = "FILE" };
        command.Add(option);
        return option;
    }

    private static string? PathOf(string? option) => option ?? EnvironmentVariables.Get("OTX_API_KEYS");

    private static string Needed(string? option) =>
        PathOf(option) ?? throw new CliException("Which keys file? Give --file, or set OTX_API_KEYS.");
}
