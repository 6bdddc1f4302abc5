package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dylora/dylora/internal/track/tracktest"
)

// trackerKey is where a script keeps its tracking server, a *trackerOf.
const trackerKey = "tracker"

// trackerOf is the tracking server of one script; nil before it is started.
type trackerOf struct{ server *tracktest.Server }

// tracker is a script's tracking server, MLflow, in this process:
//
//	tracker start          starts it, with $MLFLOW_TRACKING_URI
//	tracker html|401|never has it answer like this; "healthy" ends it
//	tracker refuses KEY    has it refuse a parameter or a metric
//	tracker list FILE      writes what it has: a line for each run, parameter, tag, metric and file, and "twice" before what is there twice
func tracker(ts *testscript.TestScript, neg bool, args []string) {
	of := ts.Value(trackerKey).(*trackerOf)
	server := of.server
	if neg || len(args) == 0 || (server == nil) != (args[0] == "start") {
		ts.Fatalf("usage: tracker start, and then html, 401, never, healthy, refuses KEY or list FILE")
	}
	switch args[0] {
	case "start":
		of.server = tracktest.New()
		ts.Defer(of.server.Close)
		ts.Setenv("MLFLOW_TRACKING_URI", of.server.URL)
	case "html":
		server.Answer(tracktest.HTML(200))
	case "401":
		server.Answer(tracktest.Code(401))
	case "never":
		server.Answer(tracktest.Silence)
	case "healthy":
		server.Answer(nil)
	case "refuses":
		server.Lock()
		server.Takes = func(key string) bool { return key != args[1] }
		server.Unlock()
	case "list":
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(tracked(server)), 0o666))
	default:
		ts.Fatalf("tracker %s: there is no such trouble", args[0])
	}
}

// tracked is the state of a run on a server.
func tracked(s *tracktest.Server) string {
	s.Lock()
	defer s.Unlock()
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(s.Runs)) {
		r := s.Runs[id]
		fmt.Fprintf(&b, "%s run %s %s\n", id, r.Name, r.Status)
		for kind, list := range map[string]map[string]string{"tag": r.Tags, "parameter": r.Params} {
			for _, k := range slices.Sorted(maps.Keys(list)) {
				fmt.Fprintf(&b, "%s %s %s=%s\n", id, kind, k, list[k])
			}
		}
		for _, m := range slices.Sorted(maps.Keys(r.Metrics)) {
			fmt.Fprintf(&b, "%s metric %s\n", id, m)
		}
		for _, f := range slices.Sorted(maps.Keys(r.Files)) {
			fmt.Fprintf(&b, "%s file %s, %d bytes\n", id, f, len(r.Files[f]))
		}
		for _, m := range r.Doubles() {
			fmt.Fprintf(&b, "%s twice %s\n", id, m)
		}
	}
	return b.String()
}
