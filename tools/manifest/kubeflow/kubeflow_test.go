package kubeflow

import (
	"strings"
	"testing"
)

// The versions whose definitions are checked.
const (
	operator = "github.com/kubeflow/mpi-operator@v0.8.0"
	trainer  = "github.com/kubeflow/trainer/v2@v2.2.0"
)

// TestMPIJob: the API server of a cluster with the MPI operator takes the manifest as it is.
func TestMPIJob(t *testing.T) {
	s := published(t, operator, "manifests/base/kubeflow.org_mpijobs.yaml", "MPIJob")
	check(t, s, documents(t, "mpijob.yaml")[0], map[string]string{
		"runLauncherAsWorker: true": "runLauncherAsWorker: 1", "slotsPerWorker:": "slots:", "mpiImplementation: OpenMPI": "mpiImplementation: Open MPI",
		"cleanPodPolicy: Running": "cleanPodPolicy: 1", "fieldPath:": "path:", "periodSeconds: 2": "periodSeconds: 2s",
	})
}

// TestTrainJob: so does that of a cluster with the Trainer. The Trainer makes as many pods of the job with its label as the policy of
// the runtime has nodes, and the TrainJob's number less one of the other job: one launcher, and three more pods.
func TestTrainJob(t *testing.T) {
	const crds = "manifests/base/crds/trainer.kubeflow.org_"
	texts := documents(t, "trainjob.yaml")
	check(t, published(t, trainer, crds+"trainingruntimes.yaml", "TrainingRuntime"), texts[0], map[string]string{
		"runLauncherAsNode: true": "runLauncherAsNode: yes please", "numNodes: 1": "nodes: 1", "action: FailJobSet": "action: Fail", "status: Ready": "status: Running",
		"targetReplicatedJobs:": "targets:", "labels:": "label:",
	})
	check(t, published(t, trainer, crds+"trainjobs.yaml", "TrainJob"), texts[1], map[string]string{"numProcPerNode:": "procs:", "runtimeRef:": "runtime:"})
	if !strings.Contains(texts[0], "\n    numNodes: 1 ") || !strings.Contains(texts[1], "\n  trainer: {numNodes: 4, ") {
		t.Errorf("not one launcher of four pods:\n%s\n---\n%s", texts[0], texts[1])
	}
}
