package sample

import (
	"bytes"
	"fmt"
)

// EdgeXML returns edge_devices.xml with n datacenters on a diagonal, each with a host of two virtual machines of two
// cores and 1000 MIPS. The attractiveness is 0, 1, 2 in turns.
func EdgeXML(n int) []byte {
	var b bytes.Buffer
	vm := "<VM vmm=\"Xen\"><core>2</core><mips>1000</mips><ram>2000</ram><storage>50000</storage></VM>"
	b.WriteString("<?xml version=\"1.0\"?>\n<edge_devices>\n")
	for i := range n {
		fmt.Fprintf(&b, "\t<datacenter arch=\"x86\" os=\"Linux\" vmm=\"Xen\">\n\t\t<costPerBw>0.1</costPerBw>\n"+
			"\t\t<location>\n\t\t\t<x_pos>%d</x_pos>\n\t\t\t<y_pos>%d</y_pos>\n\t\t\t<wlan_id>%d</wlan_id>\n\t\t\t<attractiveness>%d</attractiveness>\n\t\t</location>\n"+
			"\t\t<hosts><host><core>8</core><mips>4000</mips><ram>8000</ram><storage>200000</storage>\n\t\t\t<VMs>%s%s</VMs>\n\t\t</host></hosts>\n\t</datacenter>\n",
			i+1, i+1, i, i%3, vm, vm)
	}
	b.WriteString("</edge_devices>")
	return b.Bytes()
}

// ApplicationsXML returns applications.xml with three applications, of which one is not used and one has a largest delay.
func ApplicationsXML() []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\"?>\n<applications>\n")
	for _, a := range []struct {
		name                                          string
		usage, interval, active, idle, up, down, size int
		extra                                         string
	}{
		{"VISION", 60, 5, 45, 15, 1500, 25, 2000, ""},
		{"UNUSED", 0, 5, 45, 15, 1500, 25, 2000, ""},
		{"ALARM", 40, 10, 10, 20, 20, 1250, 400, "<max_delay_requirement>1.5</max_delay_requirement>"},
	} {
		fmt.Fprintf(&b, "\t<application name=\"%s\">\n\t\t<usage_percentage>%d</usage_percentage>\n\t\t<prob_cloud_selection>20</prob_cloud_selection>\n"+
			"\t\t<poisson_interarrival>%d</poisson_interarrival>\n\t\t<delay_sensitivity>0</delay_sensitivity>%s\n\t\t<active_period>%d</active_period>\n"+
			"\t\t<idle_period>%d</idle_period>\n\t\t<data_upload>%d</data_upload>\n\t\t<data_download>%d</data_download>\n\t\t<task_length>%d</task_length>\n"+
			"\t\t<required_core>1</required_core>\n\t</application>\n", a.name, a.usage, a.interval, a.extra, a.active, a.idle, a.up, a.down, a.size)
	}
	b.WriteString("</applications>")
	return b.Bytes()
}

// Properties returns default_config.properties, with comments and Windows line ends.
func Properties() []byte {
	return []byte("#default config file\r\nsimulation_time=30\r\nwarm_up_period=3\r\n\r\nmin_number_of_mobile_devices=20\r\nmax_number_of_mobile_devices=200\r\n" +
		"wan_propagation_delay=0.1\r\nlan_internal_delay=0.005\r\nwlan_bandwidth=200\r\nwan_bandwidth=15\r\nmips_for_cloud_vm=10000\r\nmips_for_mobile_vm=0\r\n" +
		"#mean waiting time in seconds\r\nattractiveness_L1_mean_waiting_time=480\r\nattractiveness_L2_mean_waiting_time=240\r\nattractiveness_L3_mean_waiting_time=120\r\n")
}
