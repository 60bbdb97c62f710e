package deploy

import "strconv"

// Ranks is one training run that pods of Kubernetes share: a rank in each, over Open MPI. One pod launches mpirun, which reaches the
// others by SSH. An operator of Kubeflow makes the pods, the keys and the list of hosts.
type Ranks struct {
	Name string
	Resources
	Image   string
	Claim   string // volume claim with the files that the command reads, and with the run
	Ranks   int
	Result  string   // file in the volume that a complete run has
	Command []string // program and arguments, which train into Out
}

// launch is the program of the pod that launches: a script for bash.
const launch = "launch.sh.tmpl"

// sshPort is the port of SSH in the pods, which a user other than root may take.
const sshPort = 2222

// Port is the port of SSH.
func (Ranks) Port() int { return sshPort }

// Keys is the folder of the keys of SSH, at home of the user of the image.
func (Ranks) Keys() string { return "/home/gmel/.ssh" }

// Workers is the number of pods that do not launch.
func (r Ranks) Workers() int { return r.Ranks - 1 }

// Launcher is the specification of the pod that launches.
func (r Ranks) Launcher(container string, columns int) (string, error) {
	script, err := filled(launch, r)
	if err != nil {
		return "", err
	}
	p := r.pod(container)
	p.Command = []string{"bash", "-c", script}
	return p.spec(columns)
}

// Worker is the specification of another pod: a server of SSH that needs no rights of root. Its key is that of its clients.
func (r Ranks) Worker(container string, columns int) (string, error) {
	p := r.pod(container)
	p.Port = sshPort
	p.Command = []string{
		"/usr/sbin/sshd", "-De", "-f", "/dev/null", "-p", strconv.Itoa(sshPort), "-h", r.Keys() + "/id_rsa", "-o", "PidFile=none", "-o", "StrictModes=no",
	}
	return p.spec(columns)
}

func (r Ranks) pod(container string) pod {
	return pod{Resources: r.Resources, Container: container, Image: r.Image, Claim: r.Claim}
}

// MPIJob is the manifest for the MPI operator. An error is a value that is not allowed.
func (r Ranks) MPIJob() (string, error) { return r.text("mpijob.yaml.tmpl", "-worker-14") }

// TrainJob is the manifest for the Trainer: a TrainJob and its TrainingRuntime. An error is a value that is not allowed.
func (r Ranks) TrainJob() (string, error) { return r.text("trainjob.yaml.tmpl", "-launcher-0-0-abcde") }

// text fills in a template; suffix is what the longest name of a pod has after that of the run.
func (r Ranks) text(template, suffix string) (string, error) {
	c := checks{}
	c.host(r.Name, suffix)
	r.pod("gmel").check(&c)
	c.atLeast("ranks", r.Ranks, 2)
	c.command(r.Command)
	return c.execute(template, r)
}
