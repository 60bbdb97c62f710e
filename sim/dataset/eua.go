package dataset

import (
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/internal/table"
)

// eua reads the EUA data set: P. Lai et al., "Optimal edge user allocation in edge computing with variable
// sized vector bin packing", ICSOC 2018. Sites have SITE_ID, LATITUDE, LONGITUDE and further columns, among
// them radius (m) in some copies. Users have Latitude and Longitude.
func (im *importer) eua(files []string) error {
	sites, users, err := im.euaTables(files)
	if err != nil {
		return err
	}
	sites.drop(im.o.KeepOutliers, &im.r)
	lat, lon := sites.middle()
	if users != nil {
		users.drop(im.o.KeepOutliers, &im.r)
		lat, lon = users.middle()
	}
	if err := im.keepNearest(sites, sites.distances(lat, lon)); err != nil {
		return err
	}
	g, err := im.euaGround(sites, users)
	if err != nil {
		return err
	}
	im.writeTown(g, sites, func() { im.euaIEDs(users) }, outdoors{
		"UMi", "3GPP TR 38.901, street canyon: base stations 10 m high",
		33, "a micro cell of 20 MHz, ITU-R M.2412, dense urban",
	})
	return nil
}

// euaTables tells sites and users apart by their columns.
func (im *importer) euaTables(files []string) (sites, users *places, err error) {
	for _, file := range files {
		isSites := hasColumns(file, "site_id", "latitude", "longitude")
		switch {
		case isSites && sites == nil:
			sites, err = im.readSites(file)
		case !isSites && users == nil:
			users, err = im.readPlaces(file, "user", nil, nil)
		default:
			err = &setting.Error{Origin: setting.Origin{File: file}, Problem: "this is a second table of the same kind",
				Allowed: "one of sites, with the column SITE_ID, and one of users, without it"}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if sites == nil {
		err = &setting.Error{Origin: setting.Origin{File: files[0]}, Problem: "no column is SITE_ID, and no other table is given",
			Allowed: "a table of sites, such as site-optus-melbCBD.csv, and one of users"}
	}
	return sites, users, err
}

func (im *importer) readSites(file string) (*places, error) {
	if !hasColumns(file, "site_id", "latitude", "longitude", "radius") {
		return im.readPlaces(file, "site", []string{"site_id"}, nil)
	}
	return im.readPlaces(file, "site", []string{"site_id", "radius"}, func(t *table.Reader, p *place) {
		p.radius = t.Number("radius", 1e-3, 1e6)
	})
}

// euaGround is the box around sites and users. With some of the sites only, it is their box, and users outside
// of it are dropped.
func (im *importer) euaGround(sites, users *places) (*ground, error) {
	if users == nil {
		g := mapped(sites.all)
		return g, g.check()
	}
	all := sites.all
	if im.o.Servers == 0 {
		all = append(all[:len(all):len(all)], users.all...)
	}
	g := mapped(all)
	var inside []place
	for _, u := range users.all {
		if g.holds(u) {
			inside = append(inside, u)
		}
	}
	im.r.drop(users.file, len(users.all)-len(inside), "outside of the hall of the servers")
	if users.all = inside; len(inside) == 0 {
		return nil, fmt.Errorf("dataset: no user of %s is near a site of %s", users.file, sites.file)
	}
	for _, u := range inside {
		im.positions = append(im.positions, g.point(u))
	}
	return g, g.check()
}

// townIEDs is the number of IEDs where the data has no users.
const townIEDs = 100

func (im *importer) euaIEDs(users *places) {
	switch {
	case users == nil:
		im.d.choose("ieds", im.o.IEDs, townIEDs, "the data has no users; they are uniform over the hall", "ieds")
	case im.o.IEDs > 0:
		im.d.assume("ieds", im.o.IEDs, "chosen", "ieds")
	default:
		im.d.data("ieds", len(users.all), "one for each user")
	}
}
