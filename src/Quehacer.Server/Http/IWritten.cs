namespace Quehacer.Server.Http;

/// <summary>The JSON of a <typeparamref name="T"/>, written before what shows it is.</summary>
internal interface IWritten<T>
{
    byte[] Json { get; }
}
