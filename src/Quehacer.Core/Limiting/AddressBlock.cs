using System.Buffers.Binary;
using System.Net;

namespace Quehacer.Core.Limiting;

/// <summary>
/// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, because that is the least that a network gives to one
/// subscriber (RFC 6177), who may use any address of it.
/// </summary>
public static class AddressBlock
{
    private const ulong MappedIPv4 = 0xFFFF_0000_0000;

    private static readonly UInt128 Network = UInt128.MaxValue << 64;

    /// <param name="address">Null where the connection has none, such as one over a Unix socket: all of these are one block.</param>
    public static UInt128 Of(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4 ? MappedIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : address.IsIPv4MappedToIPv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes) & Network;
    }
}
