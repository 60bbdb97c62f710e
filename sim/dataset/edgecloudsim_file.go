package dataset

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// readECS tells the files apart by their content.
func readECS(files []string) (*ecs, error) {
	c := &ecs{}
	var errs []error
	properties := 0
	for _, file := range files {
		text, err := readText(file)
		switch {
		case err != nil:
		case bytes.Contains(text, []byte("<edge_devices")) && c.edgeFile == "":
			c.edgeFile, err = file, c.readEdge(file, text)
		case bytes.Contains(text, []byte("<applications")) && c.appFile == "":
			c.appFile, err = file, c.readApps(file, text)
		case !bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) && properties == 0:
			properties, err = 1, c.readProperties(file, text)
		default:
			err = &setting.Error{Origin: setting.Origin{File: file}, Problem: "this is none of the files of a configuration, or a second one of its kind",
				Allowed: "edge_devices.xml, applications.xml and default_config.properties"}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.edgeFile == "" || c.appFile == "" {
		return nil, errors.New("dataset: edge_devices.xml and applications.xml are both needed; default_config.properties may be left out")
	}
	return c, nil
}

// mostText bounds a file of a configuration, in bytes.
const mostText = 64 << 20

func readText(file string) ([]byte, error) {
	in, err := open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, mostText+1))
	if err == nil && len(text) > mostText {
		err = fmt.Errorf("more than %d MB", mostText>>20)
	}
	if err != nil {
		return nil, &setting.Error{Origin: setting.Origin{File: file}, Problem: err.Error()}
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// values reads numbers from texts and collects errors.
type values struct {
	file string
	errs []error
}

// number reads a number from lo.
func (v *values) number(path, text string, lo float64) float64 {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(x >= lo && x <= 1e12) {
		v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: v.file}, Path: path, Value: text, Allowed: fmt.Sprintf("a number from %g", lo)})
		return lo
	}
	return x
}

func (v *values) parse(text []byte, into any) {
	if err := xml.Unmarshal(text, into); err != nil {
		v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: v.file}, Problem: "not XML: " + strings.TrimPrefix(err.Error(), "XML ")})
	}
}

func (c *ecs) readEdge(file string, text []byte) error {
	var doc struct {
		Datacenters []struct {
			X              string `xml:"location>x_pos"`
			Y              string `xml:"location>y_pos"`
			Attractiveness string `xml:"location>attractiveness"`
			VMs            []struct {
				Core string `xml:"core"`
				MIPS string `xml:"mips"`
			} `xml:"hosts>host>VMs>VM"`
		} `xml:"datacenter"`
	}
	v := values{file: file}
	v.parse(text, &doc)
	for i, dc := range doc.Datacenters {
		at := fmt.Sprintf("datacenter %d: ", i+1)
		e := ecsEdge{x: v.number(at+"x_pos", dc.X, 0), y: v.number(at+"y_pos", dc.Y, 0)}
		a := v.number(at+"attractiveness", dc.Attractiveness, 0)
		e.attractiveness = min(int(a), len(c.waitS)-1)
		total := 0.0
		for _, vm := range dc.VMs {
			n := v.number(at+"VM core", vm.Core, 1)
			e.cores += int(n)
			total += n * v.number(at+"VM mips", vm.MIPS, 1)
		}
		if e.cores == 0 {
			v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: file}, Problem: at + "there is no VM"})
		}
		e.mips = total / float64(max(e.cores, 1))
		c.edge = append(c.edge, e)
	}
	if len(c.edge) == 0 && len(v.errs) == 0 {
		v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: file}, Problem: "there is no datacenter"})
	}
	return errors.Join(v.errs...)
}

func (c *ecs) readApps(file string, text []byte) error {
	var doc struct {
		Apps []struct {
			Name         string `xml:"name,attr"`
			Usage        string `xml:"usage_percentage"`
			Interarrival string `xml:"poisson_interarrival"`
			Active       string `xml:"active_period"`
			Idle         string `xml:"idle_period"`
			Upload       string `xml:"data_upload"`
			Download     string `xml:"data_download"`
			Length       string `xml:"task_length"`
			MaxDelay     string `xml:"max_delay_requirement"`
		} `xml:"application"`
	}
	v := values{file: file}
	v.parse(text, &doc)
	for _, a := range doc.Apps {
		at := "application " + a.Name + ": "
		app := ecsApp{
			name: a.Name, usage: v.number(at+"usage_percentage", a.Usage, 0),
			interarrival: v.number(at+"poisson_interarrival", a.Interarrival, 1e-3),
			active:       v.number(at+"active_period", a.Active, 1e-3), idle: v.number(at+"idle_period", a.Idle, 0),
			upload: v.number(at+"data_upload", a.Upload, 0), download: v.number(at+"data_download", a.Download, 0),
			length: v.number(at+"task_length", a.Length, 1e-3),
		}
		if a.MaxDelay != "" {
			app.maxDelay = v.number(at+"max_delay_requirement", a.MaxDelay, 0)
		}
		if app.usage > 0 {
			c.apps = append(c.apps, app)
		}
	}
	if len(c.apps) == 0 && len(v.errs) == 0 {
		v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: file}, Problem: "there is no application with a usage_percentage"})
	}
	return errors.Join(v.errs...)
}

// readProperties reads lines such as wlan_bandwidth=200. Most of them are of no use here.
func (c *ecs) readProperties(file string, text []byte) error {
	v := values{file: file}
	wanted := map[string]*float64{
		"min_number_of_mobile_devices": &c.minDevices, "wlan_bandwidth": &c.wlanMbps, "wan_bandwidth": &c.wanMbps,
		"wan_propagation_delay": &c.wanDelayS, "wan_propogation_delay": &c.wanDelayS, // both spellings occur
		"mips_for_cloud_vm": &c.cloudMIPS, "mips_for_mobile_vm": &c.mobileMIPS,
	}
	for i := range c.waitS {
		wanted[fmt.Sprintf("attractiveness_L%d_mean_waiting_time", i+1)] = &c.waitS[i]
	}
	var found []string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		key = strings.TrimSpace(key)
		if to := wanted[key]; to != nil {
			*to = v.number(key, value, 0)
			found = append(found, key)
		}
	}
	if !slices.Contains(found, "wlan_bandwidth") {
		v.errs = append(v.errs, &setting.Error{Origin: setting.Origin{File: file}, Problem: "these are no properties of EdgeCloudSim: wlan_bandwidth is missing"})
	}
	return errors.Join(v.errs...)
}
