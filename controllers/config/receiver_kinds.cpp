#include "controllers/config/receiver_kinds.h"

#include <algorithm>
#include <array>

namespace belvedere::config::receivers {
namespace {

using enum Field::Type;
using enum Field::Need;

constexpr std::string_view kTitle = "belvedere.title";
constexpr std::string_view kBody = "belvedere.text";
constexpr std::string_view kLevel = "belvedere.severity";
constexpr std::string_view kPriority = "belvedere.priority";

constexpr std::array kSlack{
    Field{"webhookRef", kSecret, "api_url_file", kOneOf},
    Field{"tokenRef", kSecret, "app_token_file", kOneOf},
    Field{"channel", kText, "channel", kRequired},
    Field{"", kMessage, "title", kOptional, kTitle},
    Field{"", kMessage, "text", kOptional, kBody},
};
constexpr std::array kPagerduty{
    Field{"routingKeyRef", kSecret, "routing_key_file", kOneOf},
    Field{"serviceKeyRef", kSecret, "service_key_file", kOneOf},
    Field{"url", kUrl, "url"},
    Field{"component", kText, "component"},
    Field{"", kMessage, "description", kOptional, kTitle},
    Field{"", kMessage, "severity", kOptional, kLevel},
};
constexpr std::array kOpsgenie{
    Field{"apiKeyRef", kSecret, "api_key_file", kRequired},
    Field{"team", kText, "responders"},
    // Opsgenie ends in 2027; its successor takes the same calls at another address.
    Field{"product", kChoice, "api_url", kOptional, "Opsgenie|OpsgenieEU|JSM"},
    Field{"", kMessage, "message", kOptional, kTitle},
    Field{"", kMessage, "description", kOptional, kBody},
    Field{"", kMessage, "priority", kOptional, kPriority},
};
constexpr std::array kEmail{
    Field{"to", kText, "to", kRequired},
    Field{"from", kText, "from", kRequired},
    Field{"smarthost", kHostPort, "smarthost", kRequired},
    Field{"username", kText, "auth_username"},
    Field{"identity", kText, "auth_identity"},
    Field{"passwordRef", kSecret, "auth_password_file"},
    Field{"", kMessage, "headers.Subject", kOptional, kTitle},
};
constexpr std::array kWebhook{
    Field{"url", kUrl, "url", kOneOf},
    Field{"urlRef", kSecret, "url_file", kOneOf},
    Field{"tokenRef", kSecret, "http_config.authorization.credentials_file"},
};
constexpr std::array kTeams{
    Field{"webhookRef", kSecret, "webhook_url_file", kRequired},
    Field{"", kMessage, "title", kOptional, kTitle},
    Field{"", kMessage, "text", kOptional, kBody},
};
constexpr std::array kTelegram{
    Field{"tokenRef", kSecret, "bot_token_file", kRequired},
    Field{"chat", kInteger, "chat_id", kOneOf},
    Field{"chatRef", kSecret, "chat_id_file", kOneOf},
    Field{"topic", kInteger, "message_thread_id"},
};
constexpr std::array kDiscord{
    Field{"webhookRef", kSecret, "webhook_url_file", kRequired},
    Field{"username", kText, "username"},
    Field{"", kMessage, "title", kOptional, kTitle},
    Field{"", kMessage, "message", kOptional, kBody},
};
constexpr std::array kWebex{
    Field{"tokenRef", kSecret, "http_config.authorization.credentials_file", kRequired},
    Field{"room", kText, "room_id", kRequired},
    Field{"", kMessage, "message", kOptional, kBody},
};
constexpr std::array kPushover{
    Field{"userKeyRef", kSecret, "user_key_file", kRequired},
    Field{"tokenRef", kSecret, "token_file", kRequired},
    Field{"device", kText, "device"},
    Field{"sound", kText, "sound"},
    Field{"", kMessage, "title", kOptional, kTitle},
    Field{"", kMessage, "message", kOptional, kBody},
};
constexpr std::array kVictorops{
    Field{"apiKeyRef", kSecret, "api_key_file", kRequired},
    Field{"routingKey", kText, "routing_key", kRequired},
    Field{"", kMessage, "entity_display_name", kOptional, kTitle},
    Field{"", kMessage, "state_message", kOptional, kBody},
};
constexpr std::array kSns{
    Field{"topicArn", kText, "topic_arn", kOneOf},
    Field{"targetArn", kText, "target_arn", kOneOf},
    Field{"phoneNumber", kText, "phone_number", kOneOf},
    Field{"region", kText, "sigv4.region", kRequired},
    Field{"roleArn", kText, "sigv4.role_arn"},
    Field{"accessKeyRef", kRefused, "sigv4.access_key", kOptional,
          "Alertmanager reads no access key from a file; give its pods a role instead"},
    Field{"secretKeyRef", kRefused, "sigv4.secret_key", kOptional,
          "Alertmanager reads no secret key from a file; give its pods a role instead"},
    Field{"", kMessage, "subject", kOptional, kTitle},
    Field{"", kMessage, "message", kOptional, kBody},
};
constexpr std::array kWechat{
    Field{"secretRef", kSecret, "api_secret_file", kRequired},
    Field{"corporation", kText, "corp_id", kRequired},
    Field{"agent", kText, "agent_id"},
    Field{"toUser", kText, "to_user"},
    Field{"toParty", kText, "to_party"},
    Field{"toTag", kText, "to_tag"},
    Field{"", kMessage, "message", kOptional, kBody},
};
constexpr std::array kJira{
    Field{"url", kUrl, "api_url", kRequired},
    Field{"project", kText, "project", kRequired},
    Field{"issueType", kText, "issue_type", kRequired},
    Field{"product", kChoice, "api_type", kOptional, "Cloud|DataCenter"},
    Field{"username", kText, "http_config.basic_auth.username"},
    Field{"passwordRef", kSecret, "http_config.basic_auth.password_file", kOneOf},
    Field{"tokenRef", kSecret, "http_config.authorization.credentials_file", kOneOf},
    Field{"", kMessage, "summary", kOptional, kTitle},
    Field{"", kMessage, "description", kOptional, kBody},
};
constexpr std::array kRocketchat{
    Field{"tokenIdRef", kSecret, "token_id_file", kRequired},
    Field{"tokenRef", kSecret, "token_file", kRequired},
    Field{"url", kUrl, "api_url"},
    Field{"channel", kText, "channel", kRequired},
    Field{"", kMessage, "title", kOptional, kTitle},
    Field{"", kMessage, "text", kOptional, kBody},
};
constexpr std::array kMattermost{
    Field{"webhookRef", kSecret, "webhook_url_file", kRequired},
    Field{"channel", kText, "channel"},
    Field{"username", kText, "username"},
    Field{"", kMessage, "text", kOptional, kBody},
};
constexpr std::array kIncidentio{
    Field{"url", kUrl, "url", kRequired},
    // Not alert_source_token_file: that is read when the config is loaded, and where the Secret is
    // missing the whole config is refused.
    Field{"tokenRef", kSecret, "http_config.authorization.credentials_file", kRequired},
};

constexpr std::array kKinds{
    Kind{"discord", "discord_configs", kDiscord},
    Kind{"email", "email_configs", kEmail},
    Kind{"incidentio", "incidentio_configs", kIncidentio},
    Kind{"jira", "jira_configs", kJira},
    Kind{"mattermost", "mattermost_configs", kMattermost},
    Kind{"opsgenie", "opsgenie_configs", kOpsgenie},
    Kind{"pagerduty", "pagerduty_configs", kPagerduty},
    Kind{"pushover", "pushover_configs", kPushover},
    Kind{"rocketchat", "rocketchat_configs", kRocketchat},
    Kind{"slack", "slack_configs", kSlack},
    Kind{"sns", "sns_configs", kSns},
    Kind{"teams", "msteamsv2_configs", kTeams},
    Kind{"telegram", "telegram_configs", kTelegram},
    Kind{"victorops", "victorops_configs", kVictorops},
    Kind{"webex", "webex_configs", kWebex},
    Kind{"webhook", "webhook_configs", kWebhook},
    Kind{"wechat", "wechat_configs", kWechat},
};

}  // namespace

std::span<const Kind> Kinds() { return kKinds; }

const Kind* FindKind(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &Kind::name);
  return found == kKinds.end() ? nullptr : found;
}

const Field* FindField(const Kind& kind, std::string_view name) {
  for (const Field& field : kind.fields) {
    if (!name.empty() && field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace belvedere::config::receivers
