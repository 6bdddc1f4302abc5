package serve

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
)

// named are folders of adapters by the names that requests use. Each is [NAME=]FOLDER; without a name, it is the folder's, or that of
// the run whose adapter it is.
func named(list []string) (map[string]string, error) {
	folders := map[string]string{}
	for _, arg := range list {
		name, folder, given := strings.Cut(arg, "=")
		if !given || !folderName.MatchString(name) {
			name, folder = nameOf(arg), arg
		}
		switch other, there := folders[name]; {
		case folder == "":
			return nil, fault.Usagef("%q: the folder of the adapter is missing", arg)
		case !folderName.MatchString(name):
			return nil, fault.Usagef("%q: the adapter needs a name of letters, digits, dots, dashes and underscores: give it as NAME=%s", arg, folder)
		case there:
			return nil, fault.Usagef("%s and %s are both called %s: give one another name, as NAME=%s", other, folder, name, folder)
		}
		folders[name] = folder
	}
	return folders, nil
}

// nameOf is the name of an adapter that is not given one.
func nameOf(folder string) string {
	if folder == classify.Sentiment {
		return "sentiment"
	}
	clean := filepath.Clean(folder)
	if base := filepath.Base(clean); base != "adapter" {
		return base
	}
	if above := filepath.Base(filepath.Dir(clean)); folderName.MatchString(above) { // RUN/adapter
		return above
	}
	return "adapter"
}

// parseRanks reads the ranks of requests that ask for none: RANK or auto for all adapters (by the name ""), and NAME=RANK for one,
// separated by commas. adapters are those there are.
func parseRanks(spec string, adapters map[string]string) (map[string]int, error) {
	ranks := map[string]int{}
	if spec == "" {
		return ranks, nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		name, text, named := strings.Cut(part, "=")
		if !named {
			name, text = "", part
		}
		if _, ok := adapters[name]; named && !ok {
			return nil, fault.Usagef("default rank %q: there is no adapter %q", part, name)
		}
		if _, twice := ranks[name]; twice {
			return nil, fault.Usagef("default rank %q: it is given twice", part)
		}
		rank, err := strconv.Atoi(text)
		switch {
		case text == "auto":
			rank = classify.AutoRank
		case err != nil || rank < 1:
			return nil, fault.Usagef("default rank %q: a rank is a number from 1, or auto", part)
		}
		ranks[name] = rank
	}
	return ranks, nil
}
