//! The rules by which something is redacted.

/// Why something was taken out. The name is part of what is stored in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// It stood under a sensitive name.
    Key,
    AnthropicKey,
    /// Also what other providers issue in the form `sk-…`.
    OpenAiKey,
    AwsKey,
    GoogleKey,
    HuggingFaceToken,
    GitHubToken,
    SlackToken,
    GoogleOauthToken,
    GroqKey,
    ReplicateToken,
    StripeKey,
    Jwt,
    Bearer,
    /// A PEM block, also one that was cut off.
    PrivateKey,
    /// `user:password` in an URL.
    UrlCredentials,
    /// A pattern of the program; its marker has the name that the program gave.
    Custom,
}

impl Rule {
    /// Every rule of our own, in the order of the counters.
    pub(crate) const ALL: [Self; 16] = [
        Self::Key,
        Self::AnthropicKey,
        Self::OpenAiKey,
        Self::AwsKey,
        Self::GoogleKey,
        Self::HuggingFaceToken,
        Self::GitHubToken,
        Self::SlackToken,
        Self::GoogleOauthToken,
        Self::GroqKey,
        Self::ReplicateToken,
        Self::StripeKey,
        Self::Jwt,
        Self::Bearer,
        Self::PrivateKey,
        Self::UrlCredentials,
    ];

    /// How every marker starts.
    pub(super) const MARKER_START: &'static str = "[redacted:";

    /// What stands in place of a secret.
    pub(crate) const fn marker(self) -> &'static str {
        match self {
            Self::Key => "[redacted:key]",
            Self::AnthropicKey => "[redacted:anthropic_key]",
            Self::OpenAiKey => "[redacted:openai_key]",
            Self::AwsKey => "[redacted:aws_key]",
            Self::GoogleKey => "[redacted:google_key]",
            Self::HuggingFaceToken => "[redacted:hugging_face_token]",
            Self::GitHubToken => "[redacted:github_token]",
            Self::SlackToken => "[redacted:slack_token]",
            Self::GoogleOauthToken => "[redacted:google_oauth_token]",
            Self::GroqKey => "[redacted:groq_key]",
            Self::ReplicateToken => "[redacted:replicate_token]",
            Self::StripeKey => "[redacted:stripe_key]",
            Self::Jwt => "[redacted:jwt]",
            Self::Bearer => "[redacted:bearer]",
            Self::PrivateKey => "[redacted:private_key]",
            Self::UrlCredentials => "[redacted:url_credentials]",
            Self::Custom => "[redacted:custom]",
        }
    }

    /// Whether a text is a marker and nothing else, with or without its quotes.
    pub(super) fn is_marker(text: &str) -> bool {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        Self::ALL.iter().any(|rule| rule.marker() == bare)
    }
}
