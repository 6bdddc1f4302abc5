package track

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// keyTag is the tag by which a run is found again.
const keyTag = "dylora.key"

// defaultExperiment is the one that MLflow has from the beginning.
const defaultExperiment = "Default"

// experiment is the ID of the experiment of a name, "" being MLflow's own; it is made where there is none.
func (c *client) experiment(ctx context.Context, name string) (string, error) {
	if name == "" {
		name = defaultExperiment
	}
	var found struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		} `json:"experiment"`
	}
	get := func() error {
		return c.call(ctx, "GET", "experiments/get-by-name", url.Values{"experiment_name": {name}}, nil, &found)
	}
	err := get()
	var no *refused
	if errors.As(err, &no) && no.code == "RESOURCE_DOES_NOT_EXIST" {
		var made struct {
			ID string `json:"experiment_id"`
		}
		err = c.call(ctx, "POST", "experiments/create", nil, map[string]string{"name": name}, &made)
		if errors.As(err, &no) && no.code == "RESOURCE_ALREADY_EXISTS" { // another process was faster
			err = get()
		} else if err == nil {
			return made.ID, nil
		}
	}
	switch {
	case errors.As(err, &no):
		return "", fmt.Errorf("%w: experiment %q: %w", errDenied, name, no)
	case err == nil && found.Experiment.Stage == "deleted":
		return "", fmt.Errorf("%w: experiment %q is deleted: restore it or set MLFLOW_EXPERIMENT_NAME", errDenied, name)
	}
	return found.Experiment.ID, err
}

// known is a run that the server has.
type known struct {
	ID        string `json:"run_id"`
	Artifacts string `json:"artifact_uri"`
}

// findOrCreate is the run with a key, or a new one. Of several that processes have made at once the oldest counts.
func (c *client) findOrCreate(ctx context.Context, experiment, name, key string, start int64, tags []pair) (known, error) {
	if r, err := c.find(ctx, experiment, key); err != nil || r.ID != "" {
		return r, err
	}
	tags = append([]pair{{keyTag, key}}, tags...)
	in := map[string]any{"experiment_id": experiment, "run_name": cut(name, maxKey), "start_time": start, "tags": tags}
	var made struct {
		Run struct {
			Info known `json:"info"`
		} `json:"run"`
	}
	err := c.call(ctx, "POST", "runs/create", nil, in, &made)
	var no *refused
	if errors.As(err, &no) {
		err = fmt.Errorf("%w: %w", errDenied, no)
	}
	if err != nil {
		return known{}, err
	}
	first, err := c.find(ctx, experiment, key)
	switch {
	case err != nil:
		return first, err
	case first.ID == "":
		return made.Run.Info, nil
	case first.ID != made.Run.Info.ID: // another process has made one, too, and was first
		err = c.call(ctx, "POST", "runs/delete", nil, map[string]string{"run_id": made.Run.Info.ID}, nil)
	}
	return first, err
}

// find looks for a run by its key; of none the ID is "".
func (c *client) find(ctx context.Context, experiment, key string) (known, error) {
	in := map[string]any{
		"experiment_ids": []string{experiment}, "filter": fmt.Sprintf("tags.`%s` = '%s'", keyTag, key), "max_results": 1,
		"order_by": []string{"attributes.start_time ASC", "attributes.run_id ASC"},
	}
	var out struct {
		Runs []struct {
			Info known `json:"info"`
		} `json:"runs"`
	}
	if err := c.call(ctx, "POST", "runs/search", nil, in, &out); err != nil || len(out.Runs) == 0 {
		return known{}, err
	}
	return out.Runs[0].Info, nil
}

// active is an error if the server has not the run any more, or only as a deleted one: nothing that is sent would be taken.
func (c *client) active(ctx context.Context, id string) error {
	var out struct {
		Run struct {
			Info struct {
				Stage string `json:"lifecycle_stage"`
			} `json:"info"`
		} `json:"run"`
	}
	err := c.call(ctx, "GET", "runs/get", url.Values{"run_id": {id}}, nil, &out)
	var no *refused
	if err != nil && !errors.As(err, &no) {
		return err
	}
	if out.Run.Info.Stage == "deleted" || no != nil && no.code == "RESOURCE_DOES_NOT_EXIST" {
		return fmt.Errorf("%w: the run %s is not on the server any more: remove %s to send it as a new one", errDenied, id, StateName)
	}
	return nil // a server that does not say has it
}
