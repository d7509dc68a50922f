"""A Ceph cluster of one monitor, one manager and three storage daemons on loopback, in one directory.

Nothing of it outlives the object, and nothing but its own processes is ever signalled."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid

DAEMONS = ("ceph-mon", "ceph-mgr", "ceph-osd", "ceph", "ceph-authtool", "monmaptool")
PACKAGES = "ceph-mon ceph-mgr ceph-osd ceph-common ceph-base libradospp-dev librados-dev"
STORAGE_DAEMONS = 3
STORAGE_GIB = 8

CONFIGURATION = """[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{port2},v1:127.0.0.1:{port1}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
run_dir = {home}
admin_socket = {home}/$name.asok
pid_file = {home}/$name.pid
log_file = {home}/$name.log
mon_cluster_log_file = {home}/cluster.log
crash_dir = {home}
keyring = {home}/keyring
auth_allow_insecure_global_id_reclaim = false
osd_pool_default_size = 3
osd_pool_default_min_size = 2
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_max_pg_per_osd = 1000
[mon]
mon_data = {home}/$name
mon_data_avail_crit = 1
mon_data_avail_warn = 2
# All storage daemons are on one host: otherwise one that died is not believed to have.
mon_osd_reporter_subtree_level = osd
[mgr]
mgr_data = {home}/mgr.x
mgr_initial_modules =
[osd]
osd_data = {home}/$name
osd_objectstore = bluestore
bluestore_block_size = {block_bytes}
bluestore_block_create = true
bluestore_block_db_create = false
bluestore_block_wal_create = false
bluestore_cache_autotune = false
bluestore_cache_size = 134217728
osd_heartbeat_interval = 1
osd_heartbeat_grace = 6
osd_mclock_skip_benchmark = true
"""


def missing():
    """Why there can be no cluster here; None: there can."""
    absent = [name for name in DAEMONS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (Debian's packages: {PACKAGES})"
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class CephCluster:
    def __init__(self, home):
        self.home = os.path.abspath(home)
        self.configuration = os.path.join(self.home, "ceph.conf")
        self.environment = dict(os.environ, CEPH_CONF=self.configuration)
        self.pids = {}

    def run(self, *command, timeout=60):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def daemon(self, kind, name):
        """They put themselves in the background and leave a file with their pid."""
        self.run(f"ceph-{kind}", "-i", name)
        path = os.path.join(self.home, f"{kind}.{name}.pid")
        self.wait_for(lambda: os.path.exists(path) and open(path).read().strip(), 20, path)
        self.pids[f"{kind}.{name}"] = int(open(path).read())

    @staticmethod
    def wait_for(condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not within {seconds} s")
            time.sleep(0.1)

    def start(self):
        os.makedirs(os.path.join(self.home, "mon.m"))
        os.makedirs(os.path.join(self.home, "mgr.x"))
        fsid, port1, port2 = uuid.uuid4(), free_port(), free_port()
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(home=self.home, fsid=fsid, port1=port1, port2=port2,
                                            block_bytes=STORAGE_GIB << 30))
        keyring = os.path.join(self.home, "keyring")
        self.run("ceph-authtool", "--create-keyring", keyring)
        names = ["mon.", "client.admin", "mgr.x"] + [f"osd.{i}" for i in range(STORAGE_DAEMONS)]
        for name in names:
            self.run("ceph-authtool", keyring, "--gen-key", "-n", name, "--cap", "mon", "allow *",
                     "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
        monmap = os.path.join(self.home, "monmap")
        self.run("monmaptool", "--create", "--fsid", str(fsid), "--addv", "m",
                 f"[v2:127.0.0.1:{port2},v1:127.0.0.1:{port1}]", monmap)
        self.run("ceph-mon", "--mkfs", "-i", "m", "--monmap", monmap, "--keyring", keyring)
        self.daemon("mon", "m")
        self.daemon("mgr", "x")
        for i in range(STORAGE_DAEMONS):
            identity = str(uuid.uuid4())
            os.makedirs(os.path.join(self.home, f"osd.{i}"))
            self.run("ceph", "osd", "new", identity)
            self.run("ceph-osd", "-i", str(i), "--mkfs", "--osd-uuid", identity)
            self.daemon("osd", str(i))
        self.wait_for(lambda: self.storage_up() == STORAGE_DAEMONS, 60, "storage daemons")
        self.run("ceph", "osd", "pool", "create", "r3", "16")
        self.wait_for(lambda: "active+clean" in self.run("ceph", "pg", "stat"), 60, "the pool")

    def storage_up(self):
        return json.loads(self.run("ceph", "osd", "stat", "-f", "json")).get("num_up_osds", 0)

    def kill(self, name):
        """As a power cut would: nothing is told to it."""
        os.kill(self.pids.pop(name), signal.SIGKILL)

    def stop(self):
        for pid in self.pids.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait_for(lambda: not any(alive(pid) for pid in self.pids.values()), 30, "the end")
        self.pids = {}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
