//! The attribute, metadata and tag keys that MLflow reserves.

/// The trace's id, on every span.
pub const TRACE_REQUEST_ID: &str = "mlflow.traceRequestId";
/// What the span stands for.
pub const SPAN_TYPE: &str = "mlflow.spanType";
/// How important the span is: 10 to 50.
pub const LOG_LEVEL: &str = "mlflow.spanLogLevel";
/// What went in.
pub const INPUTS: &str = "mlflow.spanInputs";
/// What came out.
pub const OUTPUTS: &str = "mlflow.spanOutputs";
/// Name of the traced function.
pub const FUNCTION_NAME: &str = "mlflow.spanFunctionName";
/// The start, on spans that were given one.
pub const START_TIME_NS: &str = "mlflow.spanStartTimeNs";
/// What the span is for, in words.
pub const DESCRIPTION: &str = "mlflow.spanDescription";
/// Token counts of one call.
pub const TOKEN_USAGE: &str = "mlflow.chat.tokenUsage";
/// What the model of a call may call.
pub const CHAT_TOOLS: &str = "mlflow.chat.tools";
/// In whose shape inputs and outputs of a chat are: `openai`.
pub const MESSAGE_FORMAT: &str = "mlflow.message.format";
/// Name of the model.
pub const MODEL: &str = "mlflow.llm.model";
/// Who runs the model.
pub const PROVIDER: &str = "mlflow.llm.provider";
/// What one call cost.
pub const COST: &str = "mlflow.llm.cost";

/// Metadata: version of the trace's schema, `3`.
pub const TRACE_SCHEMA_VERSION: &str = "mlflow.trace_schema.version";
/// Metadata: the root's inputs, cut to 250 characters.
pub const TRACE_INPUTS: &str = "mlflow.traceInputs";
/// Metadata: the root's outputs, cut to 250 characters.
pub const TRACE_OUTPUTS: &str = "mlflow.traceOutputs";
/// Metadata: token counts of the whole trace.
pub const TRACE_TOKEN_USAGE: &str = "mlflow.trace.tokenUsage";
/// Metadata: cost of the whole trace.
pub const TRACE_COST: &str = "mlflow.trace.cost";
/// Metadata: size of the trace's JSON in bytes.
pub const TRACE_SIZE_BYTES: &str = "mlflow.trace.sizeBytes";
/// Metadata: number of spans and distribution of their sizes.
pub const TRACE_SIZE_STATS: &str = "mlflow.trace.sizeStats";
/// Metadata: the conversation.
pub const TRACE_SESSION: &str = "mlflow.trace.session";
/// Metadata: who asked.
pub const TRACE_USER: &str = "mlflow.trace.user";
/// Metadata: the model under test.
pub const MODEL_ID: &str = "mlflow.modelId";
/// Metadata: operating-system user of the process.
pub const USER: &str = "mlflow.user";
/// Metadata: name of the program.
pub const SOURCE_NAME: &str = "mlflow.source.name";
/// Metadata: where the program runs; `LOCAL`.
pub const SOURCE_TYPE: &str = "mlflow.source.type";
/// Metadata: the commit of the repository in which the program runs.
pub const SOURCE_GIT_COMMIT: &str = "mlflow.source.git.commit";
/// Metadata: the branch of that repository.
pub const SOURCE_GIT_BRANCH: &str = "mlflow.source.git.branch";
/// Metadata: where that repository was cloned from.
pub const SOURCE_GIT_REPO_URL: &str = "mlflow.source.git.repoURL";
/// Metadata: the MLflow run it belongs to.
pub const SOURCE_RUN: &str = "mlflow.sourceRun";
/// Tag: the registered prompts it used, a JSON list of names and versions.
pub const LINKED_PROMPTS: &str = "mlflow.linkedPrompts";
/// Tag: name of the root span.
pub const TRACE_NAME: &str = "mlflow.traceName";

/// Metadata: the free text that a trace's id was derived from.
pub const CUSTOM_TRACE_ID: &str = "spanloom.custom_trace_id";
/// Tags that say where MLflow keeps a trace and for whom. They cannot be changed by the trace's id.
pub const IMMUTABLE_TAGS: [&str; 5] = [
    USER,
    "mlflow.artifactLocation",
    "mlflow.trace.spansLocation",
    "mlflow.trace.archiveLocation",
    "mlflow.trace.archivalFailure",
];
/// Metadata of a trace that is not whole: `true`.
pub const INCOMPLETE: &str = "spanloom.incomplete";
/// Metadata: how many spans of the trace were dropped by a limit.
pub const DROPPED_SPANS: &str = "spanloom.dropped_spans";
/// Metadata: how many values of the trace were cut or left out by a limit.
pub const TRUNCATED: &str = "spanloom.truncated";
/// Attribute of a span that was still open when its trace was closed: `true`.
pub const SPAN_INCOMPLETE: &str = "spanloom.incomplete";
/// Metadata of a trace that began in work which was to continue a span and had none: file and line where it was handed
/// over.
pub const LOST_CONTEXT: &str = "spanloom.lost_context";

/// Attribute of a span of items (an iterator or a stream): how many it gave.
pub const STREAM_ITEMS: &str = "spanloom.stream.items";
/// Attribute of a span of items: nanoseconds from its start to the first of them.
pub const STREAM_FIRST_ITEM_NS: &str = "spanloom.stream.time_to_first_item_ns";
/// Attribute of a span whose items were not asked for to the end: `true`.
pub const STREAM_ABANDONED: &str = "spanloom.stream.abandoned";
/// Attribute of a span of items whose reducer failed or panicked: what it said. The outputs are the list of items then.
pub const STREAM_REDUCER_ERROR: &str = "spanloom.stream.reducer_error";
/// Attribute of a span that was detached: `true`. Metadata of a trace with such a span that no one has resumed and ended.
pub const PAUSED: &str = "spanloom.paused";
/// Attribute of a span that was resumed: how often.
pub const RESUMED: &str = "spanloom.resumed";
/// Metadata: how often a span was resumed that someone else had resumed before from the same token.
pub const RESUMED_TWICE: &str = "spanloom.resumed_twice";
