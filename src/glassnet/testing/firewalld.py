"""A firewalld of its own for a private host, on a system bus of its own, as shell scripts.

The bus starts it when it is first asked for. Neither ends with the host's namespaces: `STOP` must
be run, which ends the bus, and firewalld with it.
"""

from __future__ import annotations

from typing import Final

START: Final = """
mkdir -p /run/dbus/services /run/firewalld-config
cat > /run/dbus/services/firewalld.service <<'EOF'
[D-BUS Service]
Name=org.fedoraproject.FirewallD1
Exec=/usr/sbin/firewalld --nofork --nopid --log-file /run/firewalld.log \
--system-config /run/firewalld-config
EOF
cat > /run/dbus/bus.conf <<'EOF'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <servicedir>/run/dbus/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
EOF
dbus-daemon --config-file=/run/dbus/bus.conf --fork --print-pid > /run/dbus/pid 2> /dev/null
firewall-cmd --quiet --state
"""
"""Ends once firewalld has its rules in place."""

STOP: Final = "kill $(cat /run/dbus/pid)\n"
