namespace Quehacer.Core;

/// <summary>
/// A member of a change: absent, set to a value, or present but of the wrong kind. An absent member leaves what is stored;
/// a null sets null. The third state lets one decision report every fault of a request at once.
/// </summary>
public readonly record struct Edit<T>
{
    private readonly T value;

    private Edit(T value, FieldFault? fault)
    {
        this.value = value;
        Fault = fault;
        IsPresent = true;
    }

    /// <summary>The member was in the request.</summary>
    public bool IsPresent { get; }

    /// <summary>What is wrong with the member's form, when something is.</summary>
    public FieldFault? Fault { get; }

    /// <summary>The member was in the request and has a usable value.</summary>
    public bool IsSet => IsPresent && Fault is null;

    /// <summary>The value; asking for one that is not there is a bug.</summary>
    public T Value => IsSet ? value : throw new InvalidOperationException("The member is not set.");

    public T Or(T stored) => IsSet ? value : stored;

    public static implicit operator Edit<T>(T value) => new(value, null);

    public static Edit<T> Malformed(FieldFault fault) => new(default!, fault);
}
