#include "operator/kube/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "operator/base/testing/temporary_dir.h"
#include "operator/kube/config_files.h"

namespace belvedere::kube {
namespace {

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
// base64 of "-----BEGIN X-----\n"
constexpr const char* kPemData = "LS0tLS1CRUdJTiBYLS0tLS0K";

class ConfigTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = dir_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // A kubeconfig with these fields of the cluster and of the user.
  std::string Kubeconfig(const std::string& cluster, const std::string& user) const {
    return Write("config",
                 "current-context: main\n"
                 "contexts:\n"
                 "- name: main\n"
                 "  context: {cluster: c, user: u, namespace: monitoring}\n"
                 "clusters:\n"
                 "- name: c\n"
                 "  cluster: {" +
                     cluster +
                     "}\n"
                     "users:\n"
                     "- name: u\n"
                     "  user: {" +
                     user + "}\n");
  }

  std::string ErrorOf(const std::string& cluster, const std::string& user) const {
    const auto config = LoadKubeconfig(Kubeconfig(cluster, user));
    if (config) return "no error";
    EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(config.error().message.rfind(dir_ + "/config: ", 0), 0U) << config.error().message;
    return config.error().message.substr(dir_.size() + 9);
  }

  const TemporaryDir folder_;
  const std::string dir_ = folder_.path();
};

const std::string kGoodCluster =
    std::string("server: 'https://api.example.test:6443', certificate-authority-data: ") + kPemData;

TEST_F(ConfigTest, ReadsEmbeddedCertificates) {
  const auto config = LoadKubeconfig(Kubeconfig(
      kGoodCluster + ", tls-server-name: kubernetes",
      std::string("client-certificate-data: ") + kPemData + ", client-key-data: " + kPemData));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://api.example.test:6443");
  EXPECT_EQ(config->server_name, "kubernetes");
  EXPECT_EQ(config->ns, "monitoring");
  EXPECT_EQ(config->credentials.ca_pem, "-----BEGIN X-----\n");
  EXPECT_EQ(config->credentials.client_cert_pem, "-----BEGIN X-----\n");
  EXPECT_EQ(config->credentials.client_key_pem, "-----BEGIN X-----\n");
  EXPECT_EQ(config->token_path, "");
}

TEST_F(ConfigTest, ReadsFilesBesideTheKubeconfig) {
  Write("ca.pem", kPem);
  Write("token", "secret\n");
  const auto config = LoadKubeconfig(Kubeconfig(
      "server: 'https://h/', certificate-authority: ca.pem", "tokenFile: token, token: older"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://h");
  EXPECT_EQ(config->credentials.ca_pem, kPem);
  EXPECT_EQ(config->credentials.bearer_token, "secret");
  EXPECT_EQ(config->token_path, dir_ + "/token");
  EXPECT_EQ(config->ca_path, dir_ + "/ca.pem");
}

TEST_F(ConfigTest, ErrorsNameTheField) {
  EXPECT_EQ(ErrorOf("server: 'https://h'", "token: t"),
            "clusters[0].cluster.certificate-authority-data is not set");
  EXPECT_EQ(ErrorOf("server: 'ftp://h'", "token: t"),
            "clusters[0].cluster.server is not an http or https URL");
  EXPECT_EQ(ErrorOf("server: 'https://h/k8s/x'", "token: t"),
            "clusters[0].cluster.server must be scheme://host:port with nothing after it");
  EXPECT_EQ(ErrorOf("server: 'https://[::1]:6443'", "token: t"),
            "clusters[0].cluster.server is an IPv6 address, which is not supported; use a host "
            "name");
  EXPECT_EQ(ErrorOf(kGoodCluster + ", proxy-url: x", "token: t"),
            "clusters[0].cluster.proxy-url is not supported");
  EXPECT_EQ(ErrorOf(kGoodCluster, "exec: {command: x}"),
            "users[0].user.exec is not supported; use a client certificate, a token or a "
            "tokenFile");
  EXPECT_EQ(ErrorOf(kGoodCluster, "token: 'a b'"), "users[0].user.token is not one word");
  EXPECT_EQ(ErrorOf(kGoodCluster, std::string("client-key-data: ") + kPemData),
            "users[0].user needs both client-certificate and client-key, or neither");
  EXPECT_EQ(ErrorOf("server: 'https://h', certificate-authority-data: '%%'", "token: t"),
            "clusters[0].cluster.certificate-authority-data is not base64 of PEM");
  EXPECT_EQ(ErrorOf("server: 'https://h', certificate-authority: none.pem", "token: t"),
            "clusters[0].cluster.certificate-authority " + dir_ + "/none.pem: cannot be opened");
}

TEST_F(ConfigTest, ContextsAreFoundByName) {
  const auto missing = LoadKubeconfig(Kubeconfig(kGoodCluster, "token: t"), "other");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, dir_ + "/config: contexts has no entry named \"other\"");
  EXPECT_FALSE(LoadKubeconfig(Write("empty", "{}")));
  EXPECT_FALSE(LoadKubeconfig(Write("broken", "a: [")));
  EXPECT_FALSE(LoadKubeconfig(dir_ + "/nothing"));
}

TEST_F(ConfigTest, OnlyAnExplicitWordTurnsVerificationOff) {
  const auto config =
      LoadKubeconfig(Kubeconfig("server: 'https://h', insecure-skip-tls-verify: true", "token: t"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->credentials.ca_pem, "");
  EXPECT_NE(ErrorOf("server: 'https://h', insecure-skip-tls-verify: false", "token: t"),
            "no error");
  EXPECT_TRUE(LoadKubeconfig(Kubeconfig("server: 'http://localhost:8001'", "")));
}

class InClusterTest : public ConfigTest {
 protected:
  InClusterTest() {
    Write("token", "first\n");
    Write("ca.crt", kPem);
    Write("namespace", "belvedere-system");
  }
  Result<Config> Load(const std::string& host, const std::string& port = "443") const {
    return LoadInCluster({.service_host = host, .service_port = port, .secret_dir = dir_});
  }
};

TEST_F(InClusterTest, UsesTheAddressOrTheNameForIpv6) {
  const auto v4 = Load("10.0.0.1");
  ASSERT_TRUE(v4) << v4.error().message;
  EXPECT_EQ(v4->server, "https://10.0.0.1:443");
  EXPECT_EQ(v4->ns, "belvedere-system");
  EXPECT_EQ(v4->credentials.bearer_token, "first");
  EXPECT_EQ(Load("fd00::1", "6443")->server, "https://kubernetes.default.svc:6443");
  EXPECT_EQ(Load("10.0.0.1", "")->server, "https://10.0.0.1:443");
}

TEST_F(InClusterTest, ErrorsSayWhatIsMissing) {
  EXPECT_NE(Load("").error().message.find("KUBERNETES_SERVICE_HOST"), std::string::npos);
  EXPECT_EQ(Load("h", "x").error().message, "KUBERNETES_SERVICE_PORT is not a port");
  Write("ca.crt", "");
  EXPECT_EQ(Load("h").error().message, dir_ + "/ca.crt: not PEM");
  std::filesystem::remove(dir_ + "/token");
  EXPECT_EQ(Load("h").error().message, dir_ + "/token: cannot be opened");
}

TEST_F(InClusterTest, RefreshSwapsWhatChangedAndKeepsTheOldOnErrors) {
  const auto config = Load("h");
  ASSERT_TRUE(config);
  http::CredentialSource source(config->credentials);
  const auto before = source.Get();
  ASSERT_TRUE(Refresh(*config, source));
  EXPECT_EQ(source.Get(), before);

  Write("token", "second\n");
  ASSERT_TRUE(Refresh(*config, source));
  EXPECT_EQ(source.Get()->bearer_token, "second");
  EXPECT_EQ(source.Get()->ca_pem, kPem);

  Write("token", "third\n");
  Write("ca.crt", "");  // half written
  EXPECT_FALSE(Refresh(*config, source));
  EXPECT_EQ(source.Get()->bearer_token, "second");
  EXPECT_EQ(source.Get()->ca_pem, kPem);
}

class LoadConfigTest : public ConfigTest {
 protected:
  void SetUp() override {
    for (const char* name : {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HOME"}) {
      if (const char* value = std::getenv(name)) saved_[name] = value;
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : saved_) ::setenv(name.c_str(), value.c_str(), 1);
  }

  std::map<std::string, std::string> saved_;
};

TEST_F(LoadConfigTest, TriesTheFlagThenTheVariableThenThePodThenHome) {
  EXPECT_FALSE(LoadConfig(""));
  std::filesystem::create_directory(dir_ + "/.kube");
  std::filesystem::copy_file(Kubeconfig("server: 'http://home:1'", ""), dir_ + "/.kube/config");
  ::setenv("HOME", dir_.c_str(), 1);
  EXPECT_EQ(LoadConfig("")->server, "http://home:1");
  ::setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
  EXPECT_EQ(LoadConfig("").error().message,
            "/var/run/secrets/kubernetes.io/serviceaccount/token: cannot be opened");
  ::setenv("KUBECONFIG", Kubeconfig("server: 'http://variable:1'", "").c_str(), 1);
  EXPECT_EQ(LoadConfig("")->server, "http://variable:1");
  EXPECT_EQ(LoadConfig(dir_ + "/.kube/config")->server, "http://home:1");
  ::setenv("KUBECONFIG", "/a:/b", 1);
  EXPECT_EQ(LoadConfig("").error().message, "$KUBECONFIG names several files; name one");
  ::unsetenv("KUBECONFIG");
  ::unsetenv("KUBERNETES_SERVICE_HOST");
}

TEST(Base64Test, DecodesAndRefuses) {
  EXPECT_EQ(*DecodeBase64(""), "");
  EXPECT_EQ(*DecodeBase64("QQ=="), "A");
  EXPECT_EQ(*DecodeBase64("QUI="), "AB");
  EXPECT_EQ(*DecodeBase64("QU\nJD"), "ABC");
  EXPECT_EQ(*DecodeBase64("/+8="), "\xff\xef");
  for (const char* bad : {"Q", "QQ", "QQ=", "Q===", "====", "Q=Q=", "Q-=="}) {
    EXPECT_FALSE(DecodeBase64(bad)) << bad;
  }
}

}  // namespace
}  // namespace belvedere::kube
