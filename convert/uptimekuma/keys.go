// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"slices"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
)

// A setting is a key of monitors. A backup has all keys of each monitor, whatever its
// type, so that most of them say nothing.
type setting struct {
	types []string // of monitors that look at it
	unset string   // what stands there where nobody has set it, besides nothing, false and 0
}

// settings returns the keys that Uptime Kuma 1.23 writes, and those of 2 that concern
// what is converted. Keys of types that are left out as a whole are here to be known.
func settings() map[string]setting {
	known := map[string]setting{}
	for _, group := range [][2]string{ // types, and keys with what stands there
		{"", "id type active forceInactive includeSensitiveData weight pathName path childrenIDs dns_last_result maintenance screenshot userId"},
		{web + " port ping dns grpc-keyword push group", "name description parent tags notificationIDList upsideDown resendInterval"},
		{web + " port ping dns grpc-keyword push", "interval=60 maxretries retryInterval=60"},
		{web + " port ping dns grpc-keyword", "timeout=48"},
		{
			web, "url=https:// method=GET headers body httpBodyEncoding=json accepted_statuscodes=200-299 maxredirects=10 ignoreTls " +
				"expiryNotification proxyId authMethod basic_auth_user basic_auth_pass authWorkstation authDomain oauth_client_id " +
				"oauth_client_secret oauth_token_url oauth_scopes oauth_auth_method=client_secret_basic tlsCa tlsCert tlsKey",
		},
		{"port ping dns", "hostname"},
		{"port dns", "port"},
		{"ping", "packetSize=56"},
		{"dns", "dns_resolve_type=A dns_resolve_server=1.1.1.1"},
		{"keyword grpc-keyword", "keyword invertKeyword"},
		{"json-query", "jsonPath expectedValue jsonPathOperator==="},
		{"grpc-keyword", "grpcUrl grpcProtobuf grpcMethod grpcServiceName grpcEnableTls grpcBody grpcMetadata"},
		{"push", "pushToken"},
		{"docker", "docker_container docker_host"},
		{"mqtt", "mqttTopic mqttSuccessMessage mqttUsername mqttPassword mqttCheckType"},
		{"sqlserver postgres mysql mongodb redis", "databaseConnectionString databaseQuery"},
		{"radius", "radiusUsername radiusPassword radiusSecret radiusCalledStationId radiusCallingStationId"},
		{"gamedig", "game gamedigGivenPortOnly"},
		{
			"kafka-producer", "kafkaProducerTopic kafkaProducerBrokers kafkaProducerSsl kafkaProducerAllowAutoTopicCreation " +
				"kafkaProducerMessage kafkaProducerSaslOptions",
		},
	} {
		for key := range strings.FieldsSeq(group[1]) {
			name, unset, _ := strings.Cut(key, "=")
			known[name] = setting{types: strings.Fields(group[0]), unset: unset}
		}
	}
	return known
}

// web are the types of monitors over HTTP.
const web = "http keyword json-query"

// quiet has nothing said of what means nothing to a monitor of that type, and of what
// nobody has set.
func (c *converter) quiet(v *tree.Value, kind string) {
	for _, one := range v.Members() {
		if s, ok := c.settings[one.Key()]; ok && (!slices.Contains(s.types, kind) || s.isUnset(one)) {
			one.Skip()
		}
	}
}

func (s setting) isUnset(v *tree.Value) bool {
	switch {
	case v.IsMap():
		return len(v.Members()) == 0
	case v.IsList():
		return len(v.Items()) == 0 || s.unset != "" && strings.Join(v.Texts(), ",") == s.unset
	}
	text := v.TextOr("")
	return text == "" || text == s.unset || s.unset == "" && (text == "false" || text == "0")
}

// rest tells of the settings that are known, and have no counterpart.
func (c *converter) rest(v *tree.Value) {
	for _, one := range v.Members() {
		if _, ok := c.settings[one.Key()]; ok && !one.Told() {
			one.Note(convert.Missing, "", "there is nothing like it here for a monitor of this type")
		}
	}
}

// once says something of the first value that it is true of; of others, what is left
// is where they are now.
func (c *converter) once(v *tree.Value, fit convert.Fit, to, text string) {
	switch {
	case c.said[text] && to != "":
		v.Exact(to)
		return
	case c.said[text]:
		v.Skip()
		return
	}
	c.said[text] = v != nil
	v.Note(fit, to, text)
}
