using System.Text.Json.Serialization;

namespace Figment.App;

/// <summary>
/// What a long use case tells while it works. Events are told in order, on the thread that works; a listener that takes
/// long makes the work slower, and one that throws ends it.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(StageBegun), "stage")]
[JsonDerivedType(typeof(Advanced), "advanced")]
[JsonDerivedType(typeof(RunStarted), "started")]
[JsonDerivedType(typeof(StepsDone), "steps")]
[JsonDerivedType(typeof(Evaluated), "evaluated")]
[JsonDerivedType(typeof(FileWritten), "written")]
[JsonDerivedType(typeof(Remark), "remark")]
[JsonDerivedType(typeof(RunEnded), "ended")]
public abstract record WorkEvent;

/// <summary>A new part of the work begins.</summary>
/// <param name="Title">What is done now, for a person: <c>training vae on mnist</c>.</param>
public sealed record StageBegun(string Title) : WorkEvent;

/// <summary>A countable part of the work got further: bytes fetched, batches evaluated, pictures drawn.</summary>
/// <param name="What">What is being done.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">Of how much; 0 when that is not known.</param>
/// <param name="Unit">What is counted: <c>bytes</c>, <c>images</c>.</param>
public sealed record Advanced(string What, long Done, long Total, string Unit = "") : WorkEvent;

/// <summary>A training run begins, or goes on after a resume.</summary>
/// <param name="Run">The run's id: its folder's name.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Model">The model's id.</param>
/// <param name="Data">The data set's id or folder.</param>
/// <param name="FirstStep">Steps already done; 0 for a new run.</param>
/// <param name="LastStep">The step at which it will end.</param>
/// <param name="Parameters">Trainable numbers in the model.</param>
public sealed record RunStarted(
    string Run, string Folder, string Model, string Data, long FirstStep, long LastStep, long Parameters) : WorkEvent;

/// <summary>Training got further.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="LastStep">The step at which it will end.</param>
/// <param name="Epoch">Passes over the training set, with their fraction.</param>
/// <param name="ExamplesPerSecond">Throughput since the last of these events.</param>
/// <param name="ElapsedSeconds">Time since this process began to train.</param>
/// <param name="RemainingSeconds">Estimated time to the last step.</param>
/// <param name="Metrics">Losses and other numbers by name, means since the last of these events.</param>
public sealed record StepsDone(
    long Step, long LastStep, double Epoch, double ExamplesPerSecond, double ElapsedSeconds, double RemainingSeconds,
    IReadOnlyDictionary<string, double> Metrics) : WorkEvent;

/// <summary>Numbers measured on held-out data during training.</summary>
public sealed record Evaluated(long Step, IReadOnlyDictionary<string, double> Metrics) : WorkEvent;

/// <summary>A file was written: a picture, a checkpoint, a result.</summary>
/// <param name="Kind">What it is: <c>preview</c>, <c>checkpoint</c>, <c>samples</c>.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Step">The training step it belongs to, or null.</param>
public sealed record FileWritten(string Kind, string Path, long? Step = null) : WorkEvent;

/// <summary>Something worth knowing that stops nothing.</summary>
public sealed record Remark(string Text) : WorkEvent;

/// <summary>A training run ended.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Reason">Why: <c>completed</c>, <c>stopped</c>, <c>early stopping</c>.</param>
/// <param name="Step">Steps done.</param>
/// <param name="ElapsedSeconds">How long this process trained.</param>
/// <param name="Metrics">The last metrics.</param>
public sealed record RunEnded(
    string Run, string Folder, string Reason, long Step, double ElapsedSeconds,
    IReadOnlyDictionary<string, double> Metrics)
    : WorkEvent;
