package soak

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/dylora/dylora/scripts/serving"
)

// fault is what comes over one connection: whole requests, each of which is to get its answer, and then something broken.
type fault struct {
	whole  []serving.Ask
	broken string
	slow   bool // it comes byte by byte
	close  bool // nothing more is sent, which the server can see
	leave  bool // the client goes and reads nothing
	status int  // of the answer to what is broken; 0: none has to come, and any may
	code   string
}

// post is a request with a length, which need not be that of the body.
func post(length int, body string) string { return request("POST", "/v1/predict", length, body) }

func request(method, path string, length int, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, path, length, body)
}

// whole is a request with the length of its body.
func whole(method, path, body string) string { return request(method, path, len(body), body) }

// faults are the broken requests by what is wrong with them; asks are some that are answered.
func faults(random *rand.Rand, asks []serving.Ask) map[string]fault {
	const large = 2 << 20
	json := func(body string, status int, code string) fault {
		return fault{broken: whole("POST", "/v1/predict", body), status: status, code: code}
	}
	garbage := make([]byte, 1+random.IntN(2000))
	for i := range garbage {
		garbage[i] = byte(random.IntN(256))
	}
	body := asks[0].Body()
	half := post(len(body), string(body[:random.IntN(len(body))]))
	all := map[string]fault{
		"garbage":                 {broken: string(garbage) + "\r\n\r\n", close: true},
		"TLS":                     {broken: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", close: true, status: 400, code: "malformed"},
		"pipelined, and garbage":  {whole: asks, broken: "\x00\x01\xff garbage\r\n\r\n", close: true, status: 400, code: "malformed"},
		"half a body, closed":     {whole: asks[:1], broken: half, close: true, status: 400, code: "body"},
		"half a body, left":       {broken: half, leave: true},
		"half a header, left":     {broken: half[:40], leave: true},
		"slowly half a body":      {broken: half, slow: true, leave: true},
		"slowly, and closed":      {broken: post(40, `{"text":"a`), slow: true, close: true, status: 400, code: "body"},
		"asked and left":          {broken: whole("POST", "/v1/predict", string(body)), leave: true},
		"longer than its length":  {broken: post(len(body)-1, string(body)+"more\r\n\r\n"), close: true, status: 400},
		"more behind its length":  {whole: asks[:1], broken: "} and more\r\n\r\n", close: true, status: 400},
		"shorter than its length": {broken: post(len(body)+10, string(body)+whole("POST", "/v1/predict", string(body))), close: true, status: 400, code: "json"},
		"a chunk that is none":    {broken: strings.Replace(post(0, "zz\r\n{}\r\n0\r\n\r\n"), "Content-Length: 0", "Transfer-Encoding: chunked", 1), close: true, status: 400, code: "body"},
		"two lengths":             {broken: strings.Replace(post(2, "{}"), "\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n", 1), close: true, status: 400, code: "malformed"},
		"headers of 2 MB":         {broken: "GET /v1/adapters HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("a", large), close: true},
		"a text of 2 MB":          {whole: asks[:1], broken: whole("POST", "/v1/predict", `{"text":"`+strings.Repeat("a", large)+`"}`), status: 413, code: "too_large"},
		"another type":            {broken: strings.Replace(post(2, "{}"), "application/json", "text/plain", 1), status: 415, code: "media_type"},

		"no JSON":          json("{", 400, "json"),
		"nothing":          json("", 400, "json"),
		"a list":           json("[]", 400, "field"),
		"something behind": json(`{"text":"a","adapter":"a1"} x`, 400, "json"),
		"UTF-8":            json("{\"text\":\"\xff\xfe\",\"adapter\":\"a1\"}", 400, "utf8"),
		"deep":             json(`{"text":`+strings.Repeat("[", 20000), 400, ""),
		"a number as text": json(`{"text":7,"adapter":"a1"}`, 400, "field"),
		"null as text":     json(`{"text":null,"texts":[null],"adapter":"a1"}`, 400, "field"),
		"no text":          json(`{"adapter":"a1"}`, 400, "field"),
		"an unknown field": json(`{"text":"a","adaptor":"a1"}`, 400, "field"),
		"a field twice":    json(`{"text":"a","text":"b","adapter":"a1"}`, 400, "field"),
		"rank 0":           json(`{"text":"a","adapter":"a1","rank":0}`, 400, "rank"),
		"a rank above":     json(`{"text":"a","adapter":"a1","rank":5}`, 400, "rank"),
		"a rank far above": json(`{"text":"a","adapter":"a1","rank":1e300}`, 400, "rank"),
		"a rank as text":   json(`{"text":"a","adapter":"a1","rank":"2"}`, 400, "rank"),
		"no such adapter":  json(`{"text":"a","adapter":"none"}`, 404, "no_adapter"),
		"several adapters": json(`{"text":"a"}`, 404, "no_adapter"),
		"no label":         json(`{"text":"a","adapter":"a1","top_k":0}`, 400, "option"),
		"a threshold":      json(`{"text":"a","adapter":"a1","threshold":2}`, 400, "option"),
		"too many texts":   json(`{"texts":["`+strings.Repeat(`a","`, 5000)+`"],"adapter":"a1"}`, 413, "too_many_texts"),
		"a pair, in part":  json(`{"pairs":[["a"]],"adapter":"a1"}`, 400, "field"),
		"one bad of many":  json(`{"items":[{"text":"a","adapter":"a1"},{"text":"b","adapter":"a1","rank":9}]}`, 400, "rank"),
		"another method":   {broken: whole("GET", "/v1/predict", ""), status: 405, code: "method_not_allowed"},
		"another path":     {broken: whole("POST", "/v1/predicts", "{}"), status: 404, code: "not_found"},
		"a loaded adapter": {broken: whole("PUT", "/v1/adapters/a1", "{}"), status: 409, code: "exists"},
		"no folder":        {broken: whole("PUT", "/v1/adapters/a9", "{}"), status: 404, code: "no_folder"},
		"a path":           {broken: whole("PUT", "/v1/adapters/a9", `{"folder":"../a1"}`), status: 400, code: "name"},
		"a path's end":     {broken: whole("PUT", "/v1/adapters/a9", `{"folder":".."}`), status: 400, code: "name"},
		"a path as name":   {broken: whole("PUT", "/v1/adapters/..%2Fa1", `{"folder":"a1"}`), status: 400, code: "name"},
		"unloads none":     {broken: whole("DELETE", "/v1/adapters/a9", ""), status: 404, code: "no_adapter"},
	}
	return all
}
