// Command standin gives a Job to a Kubernetes API server and stands in for the kubelet: what a pod's container would run it runs as a
// process of this machine, and tells the server how it ended. The controllers are the cluster's own. The first attempts of two indexes
// end otherwise, one killed and one evicted. At the end it holds the Job's status against what is expected.
//
//	go run ./standin -server https://127.0.0.1:6443 -ca apiserver.crt -token admin -job job.yaml -work FOLDER -program dylora \
//	  -kill 0 -evict 1 -completed 0-2,4-5 -failed 3
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// options are those of the command line.
type options struct {
	server, ca, token string
	job               string // file
	work              string // folder in the place of the pods' volume
	program           string // dylora, in the place of the image
	kill, evict       int    // indexes
	completed, failed string // indexes as the server writes them
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "", "address of the API server")
	flag.StringVar(&o.ca, "ca", "", "file of its certificate")
	flag.StringVar(&o.token, "token", "", "token of a user who may do everything")
	flag.StringVar(&o.job, "job", "", "file of the Job")
	flag.StringVar(&o.work, "work", "", "folder in the place of the pods' volume")
	flag.StringVar(&o.program, "program", "", "program in the place of the image")
	flag.IntVar(&o.kill, "kill", -1, "index whose first pod is killed when it has a checkpoint")
	flag.IntVar(&o.evict, "evict", -1, "index whose first pod is evicted before it runs")
	flag.StringVar(&o.completed, "completed", "", "indexes that are to complete")
	flag.StringVar(&o.failed, "failed", "", "indexes that are to fail")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := run(ctx, &o); err != nil {
		cancel()
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// namespace is one of its own, whose pods have to be "restricted".
const namespace = "train"

func run(ctx context.Context, o *options) error {
	s, err := newServer(o)
	if err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	text, err := os.ReadFile(o.job)
	if err != nil {
		return err
	}
	space := `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"` + namespace + `","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`
	if err := s.call(ctx, "POST", "/api/v1/namespaces", "application/json", []byte(space), nil); err != nil {
		return err
	}
	var job batchv1.Job
	jobs := "/apis/batch/v1/namespaces/" + namespace + "/jobs"
	if err := s.call(ctx, "POST", jobs+"?fieldValidation=Strict", "application/yaml", text, &job); err != nil {
		return err
	}
	fmt.Printf("the API server %s has taken the Job %s: %d indexes, %d at once\n", s.version, job.Name, *job.Spec.Completions, *job.Spec.Parallelism)
	k := newKubelet(s, o)
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Job has not ended: %+v", job.Status)
		case <-time.After(200 * time.Millisecond):
		}
		var pods corev1.PodList
		if err := s.call(ctx, "GET", "/api/v1/namespaces/"+namespace+"/pods", "", nil, &pods); err != nil {
			return err
		}
		for i := range pods.Items {
			if err := k.see(ctx, &pods.Items[i]); err != nil {
				return err
			}
		}
		if err := s.call(ctx, "GET", jobs+"/"+job.Name, "", nil, &job); err != nil {
			return err
		}
		for _, c := range job.Status.Conditions {
			if c.Status == corev1.ConditionTrue && (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) {
				return k.compare(&job, &c)
			}
		}
	}
}
